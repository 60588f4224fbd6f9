// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Statuses} from "./attestation/Statuses.sol";
import {IAttestationRegistry} from "./interfaces/IAttestationRegistry.sol";
import {IAttestorRegistry} from "./interfaces/IAttestorRegistry.sol";
import {IAuthorities} from "./interfaces/IAuthorities.sol";
import {BlockTime} from "./libraries/BlockTime.sol";
import {Outcomes} from "./libraries/Outcomes.sol";

/// @title AttestationRegistry
/// @notice See `IAttestationRegistry`, and `IStatuses`. Has no owner and cannot be upgraded.
contract AttestationRegistry is IAttestationRegistry, Statuses, EIP712 {
    /// @notice The EIP-712 type of what controllers sign
    bytes32 public constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(bytes2 jurisdiction,bytes32 key,uint8 stage,uint8 outcome,bytes32 subjectLeaf,"
        "bytes32 attestationLeaf,uint48 validFrom,uint48 validUntil,uint256 nonce,uint48 deadline)"
    );

    /// @notice Who is accredited
    IAttestorRegistry public immutable ATTESTORS;

    mapping(bytes2 jurisdiction => mapping(bytes32 key => mapping(bytes32 leaf => Record))) private
        _records;
    mapping(address owner => mapping(uint248 word => uint256)) private _usedNonces;

    /// @notice Deploys a registry without any attestation
    /// @param attestors Who is accredited
    constructor(IAttestorRegistry attestors) EIP712("Crossproof AttestationRegistry", "1") {
        ATTESTORS = attestors;
    }

    /// @inheritdoc IAttestationRegistry
    function recordAttestation(Attestation calldata attestation) external {
        address controller = _controllerOf(attestation);
        if (msg.sender != controller) revert NotController(msg.sender, controller);
        _record(attestation, controller);
    }

    /// @inheritdoc IAttestationRegistry
    function recordSignedAttestation(
        Attestation calldata attestation,
        uint256 nonce,
        uint48 deadline,
        bytes calldata signature
    ) external {
        if (BlockTime.current() > deadline) revert DeadlinePassed(deadline);
        address controller = _controllerOf(attestation);
        bytes32 digest = attestationDigest(attestation, nonce, deadline);
        if (!SignatureChecker.isValidSignatureNowCalldata(controller, digest, signature)) {
            revert WrongSignature(controller);
        }
        if (isNonceUsed(controller, nonce)) revert NonceUsed(controller, nonce);
        (uint248 word, uint256 mask) = _placeOf(nonce);
        _usedNonces[controller][word] |= mask;
        _record(attestation, controller);
    }

    /// @inheritdoc IAttestationRegistry
    function invalidateNonces(uint248 word, uint256 mask) external {
        _usedNonces[msg.sender][word] |= mask;
        emit NoncesInvalidated(msg.sender, word, mask);
    }

    /// @inheritdoc IAttestationRegistry
    function recordOf(bytes2 jurisdiction, bytes32 key, bytes32 attestationLeaf)
        external
        view
        returns (Record memory)
    {
        return _records[jurisdiction][key][attestationLeaf];
    }

    /// @inheritdoc IAttestationRegistry
    function isNonceUsed(address owner, uint256 nonce) public view returns (bool) {
        (uint248 word, uint256 mask) = _placeOf(nonce);
        return _usedNonces[owner][word] & mask != 0;
    }

    /// @inheritdoc IAttestationRegistry
    function attestationDigest(Attestation calldata attestation, uint256 nonce, uint48 deadline)
        public
        view
        returns (bytes32)
    {
        // Each member of the struct fills 32 bytes, as EIP-712 wants it.
        return
            _hashTypedDataV4(
                keccak256(abi.encode(ATTESTATION_TYPEHASH, attestation, nonce, deadline))
            );
    }

    function _record(Attestation calldata attestation, address controller) private {
        IAttestorRegistry.Stage stage = attestation.stage;
        Outcome outcome = attestation.outcome;
        if (Outcomes.stageOf(outcome) != stage) revert WrongOutcome(stage, outcome);
        (uint48 validFrom, uint48 validUntil) = (attestation.validFrom, attestation.validUntil);
        if (validUntil <= validFrom) revert InvalidValidity(validFrom, validUntil);
        (bytes2 jurisdiction, bytes32 key, bytes32 leaf) =
            (attestation.jurisdiction, attestation.key, attestation.attestationLeaf);
        if (_records[jurisdiction][key][leaf].recordedAt != 0) {
            revert AlreadyRecorded(jurisdiction, key, leaf);
        }
        _records[jurisdiction][key][leaf] = Record({
            subjectLeaf: attestation.subjectLeaf,
            controller: controller,
            validFrom: validFrom,
            validUntil: validUntil,
            recordedAt: BlockTime.current(),
            stage: stage,
            outcome: outcome
        });
        emit AttestationRecorded(attestation.subjectLeaf, leaf, key, jurisdiction, stage, outcome);
    }

    /// @dev The account that acts now for a key that is accredited now.
    function _controllerOf(Attestation calldata attestation) private view returns (address) {
        (bytes2 jurisdiction, bytes32 key, IAttestorRegistry.Stage stage) =
            (attestation.jurisdiction, attestation.key, attestation.stage);
        uint48 time = BlockTime.current();
        if (!ATTESTORS.isAccredited(jurisdiction, key, stage, time)) {
            revert NotAccredited(jurisdiction, key, stage);
        }
        return ATTESTORS.controllerAt(jurisdiction, key, time);
    }

    /// @dev A word for each 256 nonces, a bit for each: nothing is lost by the cast.
    function _placeOf(uint256 nonce) private pure returns (uint248 word, uint256 mask) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return (uint248(nonce >> 8), 2 ** (nonce & 0xff));
    }

    function _authorities() internal view override returns (IAuthorities) {
        return ATTESTORS;
    }
}

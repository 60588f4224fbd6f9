// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IAttestorRegistry} from "./IAttestorRegistry.sol";
import {IStatuses} from "./IStatuses.sol";

/// @title Attestations for those who need them on the chain
/// @notice What an accredited attestor's controller says was attested, and what became of it.
/// @dev Kept under (jurisdiction, key, attestation leaf): whoever copies another's leaf fills a place
/// of his own.
interface IAttestationRegistry is IStatuses {
    /// @notice What an attestation found; the first three are of a pre-assessment, the next two of a
    /// backup, the last two of a post-check
    enum Outcome {
        Approved,
        Conditional,
        Rejected,
        Restorable,
        Unrestorable,
        Consistent,
        Deviating
    }

    /// @notice An attestation, in short
    struct Attestation {
        /// ISO 3166-1 alpha-2: whose accreditation the key acts under
        bytes2 jurisdiction;
        /// The attestor's key, by its RFC 7638 thumbprint
        bytes32 key;
        /// The stage
        IAttestorRegistry.Stage stage;
        /// What was found
        Outcome outcome;
        /// The leaf spoken of: a plan's for a pre-assessment, a transfer's for the others
        bytes32 subjectLeaf;
        /// The attestation's own leaf
        bytes32 attestationLeaf;
        /// When it begins to hold, in the chain's unit
        uint48 validFrom;
        /// When it no longer holds
        uint48 validUntil;
    }

    /// @notice A recorded attestation
    struct Record {
        /// The leaf spoken of
        bytes32 subjectLeaf;
        /// Who recorded it
        address controller;
        /// When it begins to hold
        uint48 validFrom;
        /// When it no longer holds
        uint48 validUntil;
        /// The block time of the recording; 0 where nothing was recorded
        uint48 recordedAt;
        /// The stage
        IAttestorRegistry.Stage stage;
        /// What was found
        Outcome outcome;
    }

    /// @notice Emitted when an attestation has been recorded
    /// @param subjectLeaf The leaf spoken of
    /// @param attestationLeaf The attestation's own leaf
    /// @param key The attestor's key
    /// @param jurisdiction Whose accreditation the key acts under
    /// @param stage The stage
    /// @param outcome What was found
    event AttestationRecorded(
        bytes32 indexed subjectLeaf,
        bytes32 indexed attestationLeaf,
        bytes32 indexed key,
        bytes2 jurisdiction,
        IAttestorRegistry.Stage stage,
        Outcome outcome
    );

    /// @notice Emitted when nonces have been made worthless by their owner
    /// @param owner The owner
    /// @param word Which 256 nonces: those from word * 256 on
    /// @param mask Which of them, a bit each
    event NoncesInvalidated(address indexed owner, uint248 indexed word, uint256 mask);

    /// @notice Thrown when a key is not accredited now for the stage in the jurisdiction
    error NotAccredited(bytes2 jurisdiction, bytes32 key, IAttestorRegistry.Stage stage);

    /// @notice Thrown when someone else than the key's controller records
    error NotController(address caller, address controller);

    /// @notice Thrown when an outcome is not one of the stage's
    error WrongOutcome(IAttestorRegistry.Stage stage, Outcome outcome);

    /// @notice Thrown when an attestation would end before it begins
    error InvalidValidity(uint48 validFrom, uint48 validUntil);

    /// @notice Thrown when an attestation was recorded before
    error AlreadyRecorded(bytes2 jurisdiction, bytes32 key, bytes32 attestationLeaf);

    /// @notice Thrown when a signature comes after its deadline
    error DeadlinePassed(uint48 deadline);

    /// @notice Thrown when a nonce was used before, or made worthless
    error NonceUsed(address owner, uint256 nonce);

    /// @notice Thrown when a signature is not the controller's over this attestation, nonce and
    /// deadline
    error WrongSignature(address controller);

    /// @notice Records an attestation; by the controller of its key
    /// @param attestation The attestation
    function recordAttestation(Attestation calldata attestation) external;

    /// @notice Records an attestation that the controller of its key has signed; by anyone
    /// @dev Nonces have no order, so a signature that nobody carries in keeps no other back. The
    /// controller may be a contract (ERC-1271).
    /// @param attestation The attestation
    /// @param nonce A number of the controller's choice, used once
    /// @param deadline The last block time at which it may be carried in
    /// @param signature Over `attestationDigest`
    function recordSignedAttestation(
        Attestation calldata attestation,
        uint256 nonce,
        uint48 deadline,
        bytes calldata signature
    ) external;

    /// @notice Makes nonces of the caller worthless, and what was signed with them
    /// @param word Which 256 nonces: those from word * 256 on
    /// @param mask Which of them, a bit each
    function invalidateNonces(uint248 word, uint256 mask) external;

    /// @notice Tells whether a nonce was used or made worthless
    /// @param owner Whose nonce
    /// @param nonce The nonce
    /// @return Whether it was
    function isNonceUsed(address owner, uint256 nonce) external view returns (bool);

    /// @notice Returns the EIP-712 digest that a controller signs
    /// @param attestation The attestation
    /// @param nonce A number of the controller's choice
    /// @param deadline The last block time at which it may be carried in
    /// @return The digest of Attestation(bytes2 jurisdiction,bytes32 key,uint8 stage,uint8 outcome,
    /// bytes32 subjectLeaf,bytes32 attestationLeaf,uint48 validFrom,uint48 validUntil,uint256 nonce,
    /// uint48 deadline), without the line breaks
    function attestationDigest(Attestation calldata attestation, uint256 nonce, uint48 deadline)
        external
        view
        returns (bytes32);

    /// @notice Returns a recorded attestation
    /// @param jurisdiction Whose accreditation the key acted under
    /// @param key The attestor's key
    /// @param attestationLeaf The attestation's own leaf
    /// @return The record; all zero where nothing was recorded
    function recordOf(bytes2 jurisdiction, bytes32 key, bytes32 attestationLeaf)
        external
        view
        returns (Record memory);
}

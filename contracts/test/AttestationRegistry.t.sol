// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IAttestationRegistry} from "../src/interfaces/IAttestationRegistry.sol";
import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {TrustFixture} from "./TrustFixture.sol";
import {vm} from "./Vm.sol";

/// @title A controller that is a contract
contract Wallet is IERC1271 {
    bytes32 private immutable _AGREED;

    constructor(bytes32 agreed) {
        _AGREED = agreed;
    }

    function isValidSignature(bytes32 hash, bytes memory signature) external view returns (bytes4) {
        bool agreed = keccak256(abi.encode(hash, signature)) == _AGREED;
        return agreed ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

contract AttestationRegistryTest is TrustFixture {
    bytes32 private constant _PLAN = keccak256("plan");
    bytes32 private constant _LEAF = keccak256("attestation");

    function setUp() public {
        _setUpTrust();
        _accredit();
    }

    // By transaction

    function test_recordAttestation_byTheController_isKept() public {
        vm.warp(START + 9);
        vm.expectEmit(address(attestations));
        emit IAttestationRegistry.AttestationRecorded(
            _PLAN,
            _LEAF,
            KEY,
            HK,
            IAttestorRegistry.Stage.PreAssessment,
            IAttestationRegistry.Outcome.Approved
        );
        _record(CONTROLLER, _approval(_PLAN, _LEAF));
        IAttestationRegistry.Record memory record = attestations.recordOf(HK, KEY, _LEAF);
        vm.assertEq(record.subjectLeaf, _PLAN, "subject");
        vm.assertEq(record.controller, CONTROLLER, "controller");
        vm.assertEq(record.validFrom, START, "from");
        vm.assertEq(record.validUntil, LATER, "until");
        vm.assertEq(record.recordedAt, START + 9, "time");
        vm.assertEq(uint256(record.stage), 0, "stage");
        vm.assertEq(uint256(record.outcome), 0, "outcome");
    }

    function test_recordOf_nothing_isZero() public view {
        vm.assertEq(attestations.recordOf(HK, KEY, _LEAF).recordedAt, 0, "nothing");
    }

    function test_recordAttestation_everyOutcome_fitsOneStage() public {
        for (uint8 stage = 0; stage < 3; ++stage) {
            for (uint8 outcome = 0; outcome < 7; ++outcome) {
                IAttestationRegistry.Attestation memory attestation =
                    _approval(_PLAN, keccak256(abi.encode(stage, outcome)));
                attestation.stage = IAttestorRegistry.Stage(stage);
                attestation.outcome = IAttestationRegistry.Outcome(outcome);
                bool fits = outcome < 3 ? stage == 0 : outcome < 5 ? stage == 1 : stage == 2;
                if (!fits) {
                    vm.expectRevert(
                        abi.encodeWithSelector(
                            IAttestationRegistry.WrongOutcome.selector, stage, outcome
                        )
                    );
                }
                _record(CONTROLLER, attestation);
            }
        }
    }

    function test_recordAttestation_byAnother_reverts() public {
        address[2] memory others = [STRANGER, HK_AUTHORITY];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAttestationRegistry.NotController.selector, others[i], CONTROLLER
                )
            );
            _record(others[i], _approval(_PLAN, _LEAF));
        }
    }

    function test_recordAttestation_notAccredited_reverts() public {
        IAttestationRegistry.Attestation memory attestation = _approval(_PLAN, _LEAF);
        attestation.jurisdiction = CN;
        _expectNotAccredited(attestation);
        _record(CONTROLLER, attestation);

        attestation = _approval(_PLAN, _LEAF);
        attestation.key = "other";
        _expectNotAccredited(attestation);
        _record(CONTROLLER, attestation);

        vm.prank(HK_AUTHORITY);
        attestors.suspend(HK, KEY, REASON);
        attestation = _approval(_PLAN, _LEAF);
        _expectNotAccredited(attestation);
        _record(CONTROLLER, attestation);

        vm.prank(HK_AUTHORITY);
        attestors.reinstate(HK, KEY, REASON);
        vm.warp(LATER);
        _expectNotAccredited(attestation);
        _record(CONTROLLER, attestation);
    }

    function test_recordAttestation_stageWithoutAccreditation_reverts() public {
        _accredit(CONTROLLER, 2, 0, LATER);
        IAttestationRegistry.Attestation memory attestation = _approval(_PLAN, _LEAF);
        _expectNotAccredited(attestation);
        _record(CONTROLLER, attestation);
    }

    function test_recordAttestation_twice_reverts() public {
        _record(CONTROLLER, _approval(_PLAN, _LEAF));
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.AlreadyRecorded.selector, HK, KEY, _LEAF)
        );
        _record(CONTROLLER, _approval("another plan", _LEAF));
    }

    function test_recordAttestation_sameLeafByAnotherKey_squatsNothing() public {
        vm.prank(HK_AUTHORITY);
        attestors.accredit(HK, "squatter", STRANGER, ALL, 0, LATER);
        IAttestationRegistry.Attestation memory copied = _approval("another plan", _LEAF);
        copied.key = "squatter";
        _record(STRANGER, copied);
        _record(CONTROLLER, _approval(_PLAN, _LEAF));
        vm.assertEq(attestations.recordOf(HK, KEY, _LEAF).subjectLeaf, _PLAN, "its own");
    }

    function test_recordAttestation_endingBeforeItBegins_reverts() public {
        IAttestationRegistry.Attestation memory attestation = _approval(_PLAN, _LEAF);
        attestation.validUntil = attestation.validFrom;
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.InvalidValidity.selector, START, START)
        );
        _record(CONTROLLER, attestation);
    }

    // By signature

    function test_recordSignedAttestation_carriedInByAnyone_isKept() public {
        bytes memory signature = _sign(_approval(_PLAN, _LEAF), 300, START);
        vm.prank(STRANGER);
        attestations.recordSignedAttestation(_approval(_PLAN, _LEAF), 300, START, signature);
        vm.assertEq(attestations.recordOf(HK, KEY, _LEAF).controller, CONTROLLER, "controller");
        vm.assertTrue(attestations.isNonceUsed(CONTROLLER, 300), "used");
        vm.assertFalse(attestations.isNonceUsed(CONTROLLER, 301), "its neighbour is not");
        vm.assertFalse(attestations.isNonceUsed(CONTROLLER, 300 + 256), "nor another word's");
        vm.assertFalse(attestations.isNonceUsed(STRANGER, 300), "nor anyone else's");
    }

    function test_fuzz_recordSignedAttestation_anyOrderOfNonces(uint256[4] memory nonces) public {
        for (uint256 i = 0; i < nonces.length; ++i) {
            IAttestationRegistry.Attestation memory attestation =
                _approval(_PLAN, keccak256(abi.encode(i)));
            bool used = attestations.isNonceUsed(CONTROLLER, nonces[i]);
            bytes memory signature = _sign(attestation, nonces[i], START);
            if (used) _expectNonceUsed(nonces[i]);
            attestations.recordSignedAttestation(attestation, nonces[i], START, signature);
            vm.assertTrue(attestations.isNonceUsed(CONTROLLER, nonces[i]), "used");
        }
    }

    function test_recordSignedAttestation_nonceAgain_reverts() public {
        bytes memory first = _sign(_approval(_PLAN, _LEAF), 7, START);
        attestations.recordSignedAttestation(_approval(_PLAN, _LEAF), 7, START, first);
        bytes memory second = _sign(_approval(_PLAN, "second"), 7, START);
        _expectNonceUsed(7);
        attestations.recordSignedAttestation(_approval(_PLAN, "second"), 7, START, second);
    }

    function test_recordSignedAttestation_nonceInvalidated_reverts() public {
        bytes memory signature = _sign(_approval(_PLAN, _LEAF), 256 + 3, START);
        vm.expectEmit(address(attestations));
        emit IAttestationRegistry.NoncesInvalidated(CONTROLLER, 1, 1 << 3);
        vm.prank(CONTROLLER);
        attestations.invalidateNonces(1, 1 << 3);
        _expectNonceUsed(256 + 3);
        attestations.recordSignedAttestation(_approval(_PLAN, _LEAF), 256 + 3, START, signature);
    }

    function test_invalidateNonces_ofSomeoneElse_changesNothing() public {
        bytes memory signature = _sign(_approval(_PLAN, _LEAF), 3, START);
        vm.prank(STRANGER);
        attestations.invalidateNonces(0, type(uint256).max);
        attestations.recordSignedAttestation(_approval(_PLAN, _LEAF), 3, START, signature);
    }

    function test_recordSignedAttestation_afterItsDeadline_reverts() public {
        bytes memory signature = _sign(_approval(_PLAN, _LEAF), 0, START);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.DeadlinePassed.selector, START));
        attestations.recordSignedAttestation(_approval(_PLAN, _LEAF), 0, START, signature);
    }

    function test_recordSignedAttestation_anythingElseThanSigned_reverts() public {
        bytes memory signature = _sign(_approval(_PLAN, _LEAF), 0, START);
        IAttestationRegistry.Attestation[5] memory others;
        for (uint256 i = 0; i < others.length; ++i) {
            others[i] = _approval(_PLAN, _LEAF);
        }
        others[0].outcome = IAttestationRegistry.Outcome.Conditional;
        others[1].subjectLeaf = "another plan";
        others[2].attestationLeaf = "another leaf";
        others[3].validFrom -= 1;
        others[4].validUntil += 1;
        for (uint256 i = 0; i < others.length; ++i) {
            _expectWrongSignature();
            attestations.recordSignedAttestation(others[i], 0, START, signature);
        }
        _expectWrongSignature();
        attestations.recordSignedAttestation(_approval(_PLAN, _LEAF), 1, START, signature);
        _expectWrongSignature();
        attestations.recordSignedAttestation(_approval(_PLAN, _LEAF), 0, START + 1, signature);
        vm.chainId(5);
        _expectWrongSignature();
        attestations.recordSignedAttestation(_approval(_PLAN, _LEAF), 0, START, signature);
    }

    function test_recordSignedAttestation_byAStranger_reverts() public {
        bytes32 digest = attestations.attestationDigest(_approval(_PLAN, _LEAF), 0, START);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xBAD, digest);
        _expectWrongSignature();
        attestations.recordSignedAttestation(
            _approval(_PLAN, _LEAF), 0, START, abi.encodePacked(r, s, v)
        );
    }

    function test_recordSignedAttestation_controllerIsAContract_asksIt() public {
        IAttestationRegistry.Attestation memory attestation = _approval(_PLAN, _LEAF);
        bytes32 digest = attestations.attestationDigest(attestation, 0, START);
        Wallet wallet = new Wallet(keccak256(abi.encode(digest, bytes("agreed"))));
        _accredit(address(wallet), ALL, 0, LATER);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.WrongSignature.selector, address(wallet))
        );
        attestations.recordSignedAttestation(attestation, 0, START, "not agreed");
        attestations.recordSignedAttestation(attestation, 0, START, "agreed");
        vm.assertEq(attestations.recordOf(HK, KEY, _LEAF).controller, address(wallet), "by it");
    }

    function test_attestationDigest_isTheEip712Digest() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Crossproof AttestationRegistry"),
                keccak256("1"),
                block.chainid,
                address(attestations)
            )
        );
        bytes32 content = keccak256(
            bytes.concat(
                abi.encode(
                    keccak256(
                        "Attestation(bytes2 jurisdiction,bytes32 key,uint8 stage,uint8 outcome,bytes32 subjectLeaf,bytes32 attestationLeaf,uint48 validFrom,uint48 validUntil,uint256 nonce,uint48 deadline)"
                    ),
                    HK,
                    KEY,
                    uint8(0),
                    uint8(0),
                    _PLAN
                ),
                abi.encode(_LEAF, START, LATER, uint256(8), START + 1)
            )
        );
        vm.assertEq(
            attestations.attestationDigest(_approval(_PLAN, _LEAF), 8, START + 1),
            keccak256(abi.encodePacked(hex"1901", domain, content)),
            "digest"
        );
    }

    function _record(address account, IAttestationRegistry.Attestation memory attestation) private {
        vm.prank(account);
        attestations.recordAttestation(attestation);
    }

    function _sign(
        IAttestationRegistry.Attestation memory attestation,
        uint256 nonce,
        uint48 deadline
    ) private view returns (bytes memory) {
        bytes32 digest = attestations.attestationDigest(attestation, nonce, deadline);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(CONTROLLER_KEY, digest);
        return abi.encodePacked(r, s, v);
    }

    function _expectNotAccredited(IAttestationRegistry.Attestation memory attestation) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestationRegistry.NotAccredited.selector,
                attestation.jurisdiction,
                attestation.key,
                attestation.stage
            )
        );
    }

    function _expectNonceUsed(uint256 nonce) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.NonceUsed.selector, CONTROLLER, nonce)
        );
    }

    function _expectWrongSignature() private {
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.WrongSignature.selector, CONTROLLER)
        );
    }
}

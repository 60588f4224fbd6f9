// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestationRegistry} from "../src/interfaces/IAttestationRegistry.sol";
import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {IProvenanceGate} from "../src/interfaces/IProvenanceGate.sol";
import {IStatuses} from "../src/interfaces/IStatuses.sol";
import {GateFixture} from "./GateFixture.sol";
import {vm} from "./Vm.sol";

contract ProvenanceGateTest is GateFixture {
    address private constant _SUCCESSOR = address(0x55);

    function setUp() public {
        _setUpGate();
    }

    // What passes

    function test_check_allIsWell_isCovered() public view {
        _assertAnswer(IProvenanceGate.Answer.Covered);
        gate.requireCovered(_policy(), _evidence());
    }

    function test_check_conditionalApproval_isCovered() public {
        IProvenanceGate.Evidence memory evidence =
            _evidenceWith(IAttestationRegistry.Outcome.Conditional, planLeaf);
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.Covered);
    }

    function test_check_otherStages_speakOfTheTransfer() public {
        IProvenanceGate.Policy memory policy = _policy();
        policy.stage = IAttestorRegistry.Stage.Backup;
        IProvenanceGate.Evidence memory evidence =
            _evidenceWith(IAttestationRegistry.Outcome.Restorable, transferLeaf);
        _assertAnswer(policy, evidence, IProvenanceGate.Answer.Covered);
        policy.stage = IAttestorRegistry.Stage.PostCheck;
        evidence = _evidenceWith(IAttestationRegistry.Outcome.Consistent, transferLeaf);
        _assertAnswer(policy, evidence, IProvenanceGate.Answer.Covered);
    }

    function test_check_withoutTheEntry_isTheCallersWordWhereAskedFor() public view {
        IProvenanceGate.Policy memory policy = _policy();
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.transferEntry = "";
        _assertAnswer(policy, evidence, IProvenanceGate.Answer.LinkNotShown);
        policy.acceptCallersWord = true;
        _assertAnswer(policy, evidence, IProvenanceGate.Answer.CoveredOnCallersWord);
        gate.requireCovered(policy, evidence);
        evidence.transferEntry = transferEntry;
        _assertAnswer(policy, evidence, IProvenanceGate.Answer.Covered);
    }

    function test_check_revokedAccreditation_leavesWhatWasRecordedBefore() public {
        vm.warp(START + 1);
        vm.prank(HK_AUTHORITY);
        attestors.revoke(HK, KEY, REASON);
        _assertAnswer(IProvenanceGate.Answer.Covered);
    }

    // Not logged

    function test_check_logThatThePolicyDoesNotName_isRefused() public {
        bytes32 other = _open("example.com/other", 1, 1);
        IProvenanceGate.Policy memory policy = _policy();
        policy.logs = _one(other);
        _assertAnswer(policy, _evidence(), IProvenanceGate.Answer.LogNotAccepted);
        policy.logs = new bytes32[](0);
        _assertAnswer(policy, _evidence(), IProvenanceGate.Answer.LogNotAccepted);
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.plan.anchor.logId = other;
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.LogNotAccepted);
        evidence = _evidence();
        evidence.transfer.anchor.logId = other;
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.LogNotAccepted);
    }

    function test_check_transferNotUnderAnAnchor_isRefused() public view {
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.transfer.leafHash = "another";
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.TransferNotLogged);
        evidence = _evidence();
        evidence.transfer.anchor.blockTime += 1;
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.TransferNotLogged);
    }

    function test_check_planNotUnderAnAnchor_isRefused() public view {
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.plan.index += 1;
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.PlanNotLogged);
    }

    // Not tied together

    function test_check_entryOfAnotherLeaf_isRefused() public view {
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.transferEntry = bytes.concat(transferEntry, " ");
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.EntryNotOfLeaf);
    }

    function test_check_entryThatNamesNoPlan_isRefused() public view {
        IProvenanceGate.Evidence memory evidence = _evidence();
        // The plan itself is an entry of the log, and names none.
        evidence.transfer = evidence.plan;
        evidence.transferEntry = '{"kind":"plan","v":1}';
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.PlanNotNamed);
    }

    function test_check_planOfAnotherTransfer_isRefused() public view {
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.plan = _logged(entries[0], 0);
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.PlanNotNamed);
    }

    // Not attested

    function test_check_jurisdictionThatThePolicyDoesNotName_isRefused() public view {
        IProvenanceGate.Policy memory policy = _policy();
        policy.jurisdictions[1] = NOWHERE;
        _assertAnswer(policy, _evidence(), IProvenanceGate.Answer.JurisdictionNotAccepted);
        policy.jurisdictions = new bytes2[](0);
        _assertAnswer(policy, _evidence(), IProvenanceGate.Answer.JurisdictionNotAccepted);
    }

    function test_check_nothingRecorded_isRefused() public view {
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.attestation.leafHash = "another";
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.NotAttested);
        evidence = _evidence();
        evidence.attestation.key = "another";
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.NotAttested);
        evidence = _evidence();
        evidence.attestation.jurisdiction = CN;
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.NotAttested);
    }

    function test_check_attestationOfAnotherStage_isRefused() public view {
        IProvenanceGate.Policy memory policy = _policy();
        policy.stage = IAttestorRegistry.Stage.PostCheck;
        _assertAnswer(policy, _evidence(), IProvenanceGate.Answer.WrongStage);
    }

    function test_check_attestationOfSomethingElse_isRefused() public {
        IProvenanceGate.Evidence memory evidence =
            _evidenceWith(IAttestationRegistry.Outcome.Approved, transferLeaf);
        _assertAnswer(_policy(), evidence, IProvenanceGate.Answer.WrongSubject);
        IProvenanceGate.Policy memory policy = _policy();
        policy.stage = IAttestorRegistry.Stage.Backup;
        evidence = _evidenceWith(IAttestationRegistry.Outcome.Restorable, planLeaf);
        _assertAnswer(policy, evidence, IProvenanceGate.Answer.WrongSubject);
    }

    function test_check_unfavourableOutcome_isRefused() public {
        IProvenanceGate.Policy memory policy = _policy();
        IProvenanceGate.Evidence memory evidence =
            _evidenceWith(IAttestationRegistry.Outcome.Rejected, planLeaf);
        _assertAnswer(policy, evidence, IProvenanceGate.Answer.OutcomeNotFavourable);
        policy.stage = IAttestorRegistry.Stage.Backup;
        evidence = _evidenceWith(IAttestationRegistry.Outcome.Unrestorable, transferLeaf);
        _assertAnswer(policy, evidence, IProvenanceGate.Answer.OutcomeNotFavourable);
        policy.stage = IAttestorRegistry.Stage.PostCheck;
        evidence = _evidenceWith(IAttestationRegistry.Outcome.Deviating, transferLeaf);
        _assertAnswer(policy, evidence, IProvenanceGate.Answer.OutcomeNotFavourable);
    }

    function test_check_outsideItsValidity_isRefused() public {
        vm.warp(LATER - 1);
        _assertAnswer(IProvenanceGate.Answer.Covered);
        vm.warp(LATER);
        _assertAnswer(IProvenanceGate.Answer.NotInForce);
        vm.warp(START - 1);
        _assertAnswer(IProvenanceGate.Answer.NotInForce);
    }

    function test_check_keyCompromisedBeforeTheRecording_isRefused() public {
        vm.warp(START + 10);
        vm.prank(HK_AUTHORITY);
        attestors.revokeCompromised(HK, KEY, REASON, START);
        _assertAnswer(IProvenanceGate.Answer.NotAccredited);
        IProvenanceGate.Evidence memory evidence = _evidence();
        vm.expectRevert(
            abi.encodeWithSelector(
                IProvenanceGate.NotCovered.selector, IProvenanceGate.Answer.NotAccredited
            )
        );
        gate.requireCovered(_policy(), evidence);
    }

    function test_check_keyCompromisedAfterTheRecording_isCovered() public {
        vm.warp(START + 10);
        vm.prank(HK_AUTHORITY);
        attestors.revokeCompromised(HK, KEY, REASON, START + 1);
        _assertAnswer(IProvenanceGate.Answer.Covered);
    }

    // Revoked

    function test_check_revokedBySomeoneElse_isCovered() public {
        _say(STRANGER, IStatuses.Status.Revoked, APPROVAL);
        _say(HK_AUTHORITY, IStatuses.Status.Revoked, APPROVAL);
        _say(STRANGER, IStatuses.Status.Stopped, transferLeaf);
        _say(CONTROLLER, IStatuses.Status.Stopped, planLeaf);
        _assertAnswer(IProvenanceGate.Answer.Covered);
    }

    function test_check_revokedByItsController_isRefused() public {
        _say(CONTROLLER, IStatuses.Status.Revoked, APPROVAL);
        _assertAnswer(IProvenanceGate.Answer.AttestationRevoked);
    }

    function test_check_suspendedByItsController_isRefusedUntilReinstated() public {
        _say(CONTROLLER, IStatuses.Status.Suspended, APPROVAL);
        _assertAnswer(IProvenanceGate.Answer.AttestationSuspended);
        _say(CONTROLLER, IStatuses.Status.Reinstated, APPROVAL);
        _assertAnswer(IProvenanceGate.Answer.Covered);
        _say(CONTROLLER, IStatuses.Status.Stopped, APPROVAL);
        _assertAnswer(IProvenanceGate.Answer.AttestationSuspended);
    }

    function test_check_revokedByTheKeysNewController_isRefused() public {
        _accredit(_SUCCESSOR, ALL, 0, LATER);
        _assertAnswer(IProvenanceGate.Answer.Covered);
        _say(_SUCCESSOR, IStatuses.Status.Revoked, APPROVAL);
        _assertAnswer(IProvenanceGate.Answer.AttestationRevoked);
    }

    // Stopped

    function test_check_stoppedByAnAuthority_isRefusedUntilLifted() public {
        _say(CN_AUTHORITY, IStatuses.Status.Stopped, transferLeaf);
        _assertAnswer(IProvenanceGate.Answer.TransferStopped);
        _say(CN_AUTHORITY, IStatuses.Status.Reinstated, transferLeaf);
        _assertAnswer(IProvenanceGate.Answer.Covered);
        _say(HK_AUTHORITY, IStatuses.Status.Stopped, planLeaf);
        _assertAnswer(IProvenanceGate.Answer.PlanStopped);
    }

    function test_check_stoppedByAnAuthorityThatDoesNotCount_isCovered() public {
        _say(CN_AUTHORITY, IStatuses.Status.Stopped, transferLeaf);
        IProvenanceGate.Policy memory policy = _policy();
        policy.jurisdictions[0] = NOWHERE;
        _assertAnswer(policy, _evidence(), IProvenanceGate.Answer.Covered);
    }

    function test_check_anyOtherWordOfAnAuthority_stopsToo() public {
        _say(HK_AUTHORITY, IStatuses.Status.Suspended, transferLeaf);
        _assertAnswer(IProvenanceGate.Answer.TransferStopped);
    }

    function test_check_oneAuthorityCannotLiftAnothers() public {
        _say(CN_AUTHORITY, IStatuses.Status.Stopped, transferLeaf);
        _say(HK_AUTHORITY, IStatuses.Status.Reinstated, transferLeaf);
        _assertAnswer(IProvenanceGate.Answer.TransferStopped);
    }

    function test_check_stopOrderOfAPredecessor_isLiftedByTheSuccessorAlone() public {
        _say(HK_AUTHORITY, IStatuses.Status.Stopped, transferLeaf);
        vm.warp(START + 10);
        _handOn(HK, _SUCCESSOR);
        _assertAnswer(IProvenanceGate.Answer.TransferStopped);
        vm.warp(START + 20);
        _say(HK_AUTHORITY, IStatuses.Status.Reinstated, transferLeaf);
        _assertAnswer(IProvenanceGate.Answer.TransferStopped);
        _say(_SUCCESSOR, IStatuses.Status.Reinstated, transferLeaf);
        _assertAnswer(IProvenanceGate.Answer.Covered);
    }

    function test_check_stopOrderOutsideTheTerm_isCovered() public {
        _say(_SUCCESSOR, IStatuses.Status.Stopped, transferLeaf);
        vm.warp(START + 10);
        _handOn(HK, _SUCCESSOR);
        _assertAnswer(IProvenanceGate.Answer.Covered);
        vm.warp(START + 20);
        _say(HK_AUTHORITY, IStatuses.Status.Stopped, transferLeaf);
        _assertAnswer(IProvenanceGate.Answer.Covered);
        // What it said before its time it may say again now.
        _say(_SUCCESSOR, IStatuses.Status.Stopped, transferLeaf);
        _assertAnswer(IProvenanceGate.Answer.TransferStopped);
    }

    function test_check_stopOrderInTheBlockOfHandingOn_isNotLost() public {
        _say(HK_AUTHORITY, IStatuses.Status.Stopped, transferLeaf);
        _handOn(HK, _SUCCESSOR);
        _assertAnswer(IProvenanceGate.Answer.TransferStopped);
    }

    function test_check_secondTermOfTheSameAuthority_rulesAnew() public {
        _say(HK_AUTHORITY, IStatuses.Status.Stopped, transferLeaf);
        vm.warp(START + 10);
        _handOn(HK, _SUCCESSOR);
        vm.warp(START + 20);
        _say(_SUCCESSOR, IStatuses.Status.Reinstated, transferLeaf);
        vm.warp(START + 10 + 1 days);
        _handOn(HK, HK_AUTHORITY);
        _assertAnswer(IProvenanceGate.Answer.Covered);
        _say(HK_AUTHORITY, IStatuses.Status.Stopped, transferLeaf);
        _assertAnswer(IProvenanceGate.Answer.TransferStopped);
        vm.warp(START + 10 + 2 days);
        _handOn(HK, _SUCCESSOR);
        _say(_SUCCESSOR, IStatuses.Status.Reinstated, transferLeaf);
        _assertAnswer(IProvenanceGate.Answer.Covered);
    }

    /// @dev Records another attestation and returns the evidence with it.
    function _evidenceWith(IAttestationRegistry.Outcome outcome, bytes32 subject)
        private
        returns (IProvenanceGate.Evidence memory evidence)
    {
        bytes32 leaf = keccak256(abi.encode(outcome, subject));
        IAttestationRegistry.Attestation memory attestation = _approval(subject, leaf);
        attestation.outcome = outcome;
        attestation.stage = IAttestorRegistry.Stage(
            outcome < IAttestationRegistry.Outcome.Restorable
                ? 0
                : outcome < IAttestationRegistry.Outcome.Consistent ? 1 : 2
        );
        vm.prank(CONTROLLER);
        attestations.recordAttestation(attestation);
        evidence = _evidence();
        evidence.attestation.leafHash = leaf;
    }

    function _assertAnswer(IProvenanceGate.Answer expected) private view {
        _assertAnswer(_policy(), _evidence(), expected);
    }

    function _assertAnswer(
        IProvenanceGate.Policy memory policy,
        IProvenanceGate.Evidence memory evidence,
        IProvenanceGate.Answer expected
    ) private view {
        vm.assertEq(uint256(gate.check(policy, evidence)), uint256(expected), "answer");
    }
}

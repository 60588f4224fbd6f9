// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "./interfaces/IAnchorRegistry.sol";
import {IAttestationRegistry} from "./interfaces/IAttestationRegistry.sol";
import {IAttestorRegistry} from "./interfaces/IAttestorRegistry.sol";
import {IAuthorities} from "./interfaces/IAuthorities.sol";
import {IProvenanceGate} from "./interfaces/IProvenanceGate.sol";
import {IStatuses} from "./interfaces/IStatuses.sol";
import {BlockTime} from "./libraries/BlockTime.sol";
import {Outcomes} from "./libraries/Outcomes.sol";
import {PlanLink} from "./libraries/PlanLink.sol";
import {Rfc9162} from "./libraries/Rfc9162.sol";

/// @title ProvenanceGate
/// @notice See `IProvenanceGate`. Keeps nothing, has no owner and cannot be upgraded.
contract ProvenanceGate is IProvenanceGate {
    /// @notice Where heads are anchored
    IAnchorRegistry public immutable ANCHORS;

    /// @notice Who is accredited
    IAttestorRegistry public immutable ATTESTORS;

    /// @notice What was attested and what became of it
    IAttestationRegistry public immutable ATTESTATIONS;

    /// @dev What a check says that has nothing against the transfer.
    Answer private constant _PASSED = Answer.Covered;

    /// @notice Deploys a gate
    /// @param anchors Where heads are anchored
    /// @param attestors Who is accredited
    /// @param attestations What was attested and what became of it
    constructor(
        IAnchorRegistry anchors,
        IAttestorRegistry attestors,
        IAttestationRegistry attestations
    ) {
        ANCHORS = anchors;
        ATTESTORS = attestors;
        ATTESTATIONS = attestations;
    }

    /// @inheritdoc IProvenanceGate
    function requireCovered(Policy calldata policy, Evidence calldata evidence) external view {
        Answer answer = check(policy, evidence);
        if (!_letsPass(answer)) revert NotCovered(answer);
    }

    /// @inheritdoc IProvenanceGate
    function check(Policy calldata policy, Evidence calldata evidence)
        public
        view
        returns (Answer answer)
    {
        answer = _checkLogged(policy, evidence);
        if (answer != _PASSED) return answer;
        Answer link = _checkLink(policy, evidence);
        if (!_letsPass(link)) return link;
        answer = _checkAttested(policy, evidence);
        if (answer != _PASSED) return answer;
        if (_isStopped(evidence.transfer.leafHash, policy.jurisdictions)) {
            return Answer.TransferStopped;
        }
        if (_isStopped(evidence.plan.leafHash, policy.jurisdictions)) return Answer.PlanStopped;
        return link;
    }

    function _checkLogged(Policy calldata policy, Evidence calldata evidence)
        private
        view
        returns (Answer)
    {
        if (
            !_contains(policy.logs, evidence.transfer.anchor.logId)
                || !_contains(policy.logs, evidence.plan.anchor.logId)
        ) return Answer.LogNotAccepted;
        if (!_isLogged(evidence.transfer)) return Answer.TransferNotLogged;
        if (!_isLogged(evidence.plan)) return Answer.PlanNotLogged;
        return _PASSED;
    }

    function _checkLink(Policy calldata policy, Evidence calldata evidence)
        private
        pure
        returns (Answer)
    {
        bytes calldata entry = evidence.transferEntry;
        if (entry.length == 0) {
            return policy.acceptCallersWord ? Answer.CoveredOnCallersWord : Answer.LinkNotShown;
        }
        if (Rfc9162.leafHash(entry) != evidence.transfer.leafHash) return Answer.EntryNotOfLeaf;
        (bool named, bytes32 plan) = PlanLink.planOf(entry);
        if (!named || plan != evidence.plan.leafHash) return Answer.PlanNotNamed;
        return Answer.Covered;
    }

    function _checkAttested(Policy calldata policy, Evidence calldata evidence)
        private
        view
        returns (Answer)
    {
        AttestationName calldata name = evidence.attestation;
        if (!_contains(policy.jurisdictions, name.jurisdiction)) {
            return Answer.JurisdictionNotAccepted;
        }
        IAttestationRegistry.Record memory record =
            ATTESTATIONS.recordOf(name.jurisdiction, name.key, name.leafHash);
        if (record.recordedAt == 0) return Answer.NotAttested;
        if (record.stage != policy.stage) return Answer.WrongStage;
        bytes32 subject = record.stage == IAttestorRegistry.Stage.PreAssessment
            ? evidence.plan.leafHash
            : evidence.transfer.leafHash;
        if (record.subjectLeaf != subject) return Answer.WrongSubject;
        if (!Outcomes.isFavourable(record.outcome)) return Answer.OutcomeNotFavourable;
        uint48 time = BlockTime.current();
        if (time < record.validFrom || time >= record.validUntil) return Answer.NotInForce;
        // Asked now about then: a compromise found out since counts.
        if (!ATTESTORS.isAccredited(name.jurisdiction, name.key, record.stage, record.recordedAt)) {
            return Answer.NotAccredited;
        }
        return _checkStatus(name, record.controller);
    }

    /// @dev An account that was lost, or that is the attestor's no more, must not be the only one that
    /// can revoke what it recorded.
    function _checkStatus(AttestationName calldata name, address recorder)
        private
        view
        returns (Answer answer)
    {
        answer = _statusAnswer(recorder, name.leafHash);
        if (answer != _PASSED) return answer;
        address present = ATTESTORS.controllerAt(name.jurisdiction, name.key, BlockTime.current());
        return present == recorder ? answer : _statusAnswer(present, name.leafHash);
    }

    function _statusAnswer(address account, bytes32 leaf) private view returns (Answer) {
        IStatuses.Status status = ATTESTATIONS.statusOf(account, leaf).status;
        if (status == IStatuses.Status.None || status == IStatuses.Status.Reinstated) {
            return _PASSED;
        }
        return status == IStatuses.Status.Revoked
            ? Answer.AttestationRevoked
            : Answer.AttestationSuspended;
    }

    function _isStopped(bytes32 leaf, bytes2[] calldata jurisdictions) private view returns (bool) {
        for (uint256 i = 0; i < jurisdictions.length; ++i) {
            if (_isStoppedBy(jurisdictions[i], leaf)) return true;
        }
        return false;
    }

    /// @dev From the newest term back to the first that said anything within its time. Terms follow
    /// each other without a gap, so that is the latest word.
    function _isStoppedBy(bytes2 jurisdiction, bytes32 leaf) private view returns (bool) {
        IAuthorities.Term[] memory terms = ATTESTORS.terms(jurisdiction);
        for (uint256 i = terms.length; i > 0; --i) {
            IAuthorities.Term memory term = terms[i - 1];
            // The block in which one hands on to the next is of both terms: an order given in it
            // before the handing on must not be lost.
            IStatuses.StatusChange memory change =
                ATTESTATIONS.statusAt(term.holder, leaf, term.until);
            if (change.status != IStatuses.Status.None && change.time >= term.from) {
                return change.status != IStatuses.Status.Reinstated;
            }
        }
        return false;
    }

    function _isLogged(Logged calldata logged) private view returns (bool) {
        return ANCHORS.verifyInclusion(logged.anchor, logged.leafHash, logged.index, logged.path);
    }

    /// @dev Without the policy's leave the caller's word is never the answer.
    function _letsPass(Answer answer) private pure returns (bool) {
        return answer == Answer.Covered || answer == Answer.CoveredOnCallersWord;
    }

    function _contains(bytes32[] calldata list, bytes32 item) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == item) return true;
        }
        return false;
    }

    function _contains(bytes2[] calldata list, bytes2 item) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == item) return true;
        }
        return false;
    }
}

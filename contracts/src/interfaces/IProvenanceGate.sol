// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IAnchorRegistry} from "./IAnchorRegistry.sol";
import {IAttestorRegistry} from "./IAttestorRegistry.sol";

/// @title The question that a contract asks before it acts on a transfer
/// @notice Logged; its plan pre-assessed by someone accredited; not revoked, not stopped.
/// @dev Policy is what the asking contract believes, evidence is what anyone brings. WARNING: take no
/// part of the policy from whoever brings the evidence. Whoever may open a log may log anything there.
interface IProvenanceGate {
    /// @notice What can be said of a transfer
    /// @dev The first check that fails answers. The answer of 0 is a refusal, so that a variable that
    /// nobody set is none of the two that let pass.
    enum Answer {
        /// The transfer's or the plan's log is none that the policy names
        LogNotAccepted,
        /// The transfer is under no anchored head
        TransferNotLogged,
        /// The plan is under no anchored head
        PlanNotLogged,
        /// There is no entry, and the policy does not ask for the caller's word
        LinkNotShown,
        /// The entry's bytes are not those of the transfer's leaf
        EntryNotOfLeaf,
        /// The entry names no plan, or another one
        PlanNotNamed,
        /// The policy does not name the attestation's jurisdiction
        JurisdictionNotAccepted,
        /// No such attestation is recorded
        NotAttested,
        /// It is of another stage
        WrongStage,
        /// It speaks of something else: not of the plan, or not of the transfer
        WrongSubject,
        /// Its outcome does not let the transfer go on
        OutcomeNotFavourable,
        /// It does not hold yet, or no more
        NotInForce,
        /// Its key was not accredited when it was recorded
        NotAccredited,
        /// Its controller revoked it
        AttestationRevoked,
        /// Its controller suspended it
        AttestationSuspended,
        /// An authority stopped the transfer
        TransferStopped,
        /// An authority stopped the plan
        PlanStopped,
        /// All is well, but that the plan is this transfer's is the caller's word alone
        CoveredOnCallersWord,
        /// All is well
        Covered
    }

    /// @notice What the asking contract believes and wants
    struct Policy {
        /// The logs that count
        bytes32[] logs;
        /// The jurisdictions whose accreditations and stop orders count
        bytes2[] jurisdictions;
        /// The stage that must be attested
        IAttestorRegistry.Stage stage;
        /// Whether to do without the transfer's entry, and so without knowing that the plan is its own
        bool acceptCallersWord;
    }

    /// @notice An entry's place under an anchored head
    struct Logged {
        /// The head
        IAnchorRegistry.Anchor anchor;
        /// SHA-256(0x00 || entry)
        bytes32 leafHash;
        /// The entry's position, from 0
        uint64 index;
        /// The RFC 9162 inclusion proof, lowest sibling first
        bytes32[] path;
    }

    /// @notice The name of a recorded attestation
    struct AttestationName {
        /// Whose accreditation its key acted under
        bytes2 jurisdiction;
        /// The attestor's key
        bytes32 key;
        /// The attestation's own leaf
        bytes32 leafHash;
    }

    /// @notice What is shown of a transfer
    struct Evidence {
        /// The transfer's place in its log
        Logged transfer;
        /// The transfer's entry, all its bytes, or nothing
        bytes transferEntry;
        /// Its plan's place in its log
        Logged plan;
        /// The attestation: of the plan for a pre-assessment, of the transfer for the other stages
        AttestationName attestation;
    }

    /// @notice Thrown when a transfer is not covered
    error NotCovered(Answer answer);

    /// @notice Answers what can be said of a transfer
    /// @dev A stop order counts while it is the latest word on the leaf of those who stood for the
    /// jurisdiction, each of them within its own term: a successor lifts it by Reinstated, and any word
    /// of an authority but Reinstated stops. An attestation is revoked or suspended by the account that
    /// recorded it, or by the one that acts for its key now.
    ///
    /// With the entry's bytes the plan is the transfer's own: they hash to its leaf, and the member
    /// `covered_by` of the object they are names the plan's leaf; `PlanLink` says what exactly that
    /// shows. Without them nothing ties the two together but whoever calls, and the answer says so.
    ///
    /// What it does not see: whether the approval came before the transfer, whether all transfers
    /// together keep within the plan's ceilings and period, and whether a later statement supersedes
    /// the transfer. What an authority says of the attestation's own leaf counts for nothing: it stops
    /// the transfer or the plan.
    /// @param policy What the asking contract believes and wants
    /// @param evidence What is shown of the transfer
    /// @return The answer
    function check(Policy calldata policy, Evidence calldata evidence)
        external
        view
        returns (Answer);

    /// @notice Reverts unless the transfer is covered
    /// @dev On the caller's word too, where the policy accepts it.
    /// @param policy What the asking contract believes and wants
    /// @param evidence What is shown of the transfer
    function requireCovered(Policy calldata policy, Evidence calldata evidence) external view;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ProvenanceGate} from "../src/ProvenanceGate.sol";
import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {IProvenanceGate} from "../src/interfaces/IProvenanceGate.sol";
import {IStatuses} from "../src/interfaces/IStatuses.sol";
import {LogFixture} from "./LogFixture.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {TrustFixture} from "./TrustFixture.sol";
import {vm} from "./Vm.sol";

/// @title What tests of consumers start from
/// @notice A transfer and its plan in an anchored log, and the plan's approval on the chain.
abstract contract GateFixture is LogFixture, TrustFixture {
    uint64 internal constant PLAN_INDEX = 1;
    uint64 internal constant TRANSFER_INDEX = 3;
    uint64 internal constant SIZE = 5;
    bytes32 internal constant APPROVAL = keccak256("approval");

    ProvenanceGate internal gate;
    bytes internal transferEntry;
    bytes32 internal planLeaf;
    bytes32 internal transferLeaf;
    bytes32 internal logId;
    bytes32[] internal entries;
    IAnchorRegistry.Anchor internal anchored;

    function _setUpGate() internal {
        _setUpTrust();
        gate = new ProvenanceGate(registry, attestors, attestations);
        planLeaf = _leafOf('{"kind":"plan","v":1}');
        _log(ORIGIN, _transferUnder(planLeaf, "private line"));
        _accredit();
        vm.prank(CONTROLLER);
        attestations.recordAttestation(_approval(planLeaf, APPROVAL));
    }

    /// @dev Logs the plan and this transfer in a log of their own.
    function _log(string memory origin, bytes memory entry) internal {
        transferEntry = entry;
        transferLeaf = _leafOf(entry);
        entries = _leaves(SIZE);
        entries[PLAN_INDEX] = planLeaf;
        entries[TRANSFER_INDEX] = transferLeaf;
        logId = _open(origin, 1, 1);
        anchored = _anchor(logId, entries, 0, SIZE, _keys(1));
    }

    function _policy() internal view returns (IProvenanceGate.Policy memory policy) {
        policy.logs = _one(logId);
        policy.jurisdictions = new bytes2[](2);
        (policy.jurisdictions[0], policy.jurisdictions[1]) = (CN, HK);
        policy.stage = IAttestorRegistry.Stage.PreAssessment;
    }

    function _evidence() internal view returns (IProvenanceGate.Evidence memory) {
        return IProvenanceGate.Evidence({
            transfer: _logged(transferLeaf, TRANSFER_INDEX),
            transferEntry: transferEntry,
            plan: _logged(planLeaf, PLAN_INDEX),
            attestation: IProvenanceGate.AttestationName(HK, KEY, APPROVAL)
        });
    }

    function _logged(bytes32 leaf, uint64 index)
        internal
        view
        returns (IProvenanceGate.Logged memory)
    {
        bytes32[] memory path = ReferenceTree.inclusionProof(entries, index, SIZE);
        return IProvenanceGate.Logged(anchored, leaf, index, path);
    }

    function _transferUnder(bytes32 plan, bytes memory channel)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory hash = bytes(Strings.toHexString(uint256(plan), 32));
        bytes memory digits = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) {
            digits[i] = hash[i + 2];
        }
        return bytes.concat(
            '{"channel":{"id":"',
            channel,
            '"},"covered_by":{"persons":{"personal":12,"sensitive":0},',
            '"plan":{"leaf_hash":"',
            digits,
            '","record_id":"0"},"sequence":1},"kind":"transfer","v":1}'
        );
    }

    function _leafOf(bytes memory entry) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"00", entry));
    }

    function _say(address account, IStatuses.Status status, bytes32 leaf) internal {
        vm.prank(account);
        attestations.setStatus(status, REASON, _one(leaf));
    }
}

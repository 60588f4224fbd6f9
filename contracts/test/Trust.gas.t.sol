// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenanceGate} from "../src/interfaces/IProvenanceGate.sol";
import {IStatuses} from "../src/interfaces/IStatuses.sol";
import {GateFixture} from "./GateFixture.sol";
import {vm} from "./Vm.sol";

/// @notice Gas of execution, without the 21,000 and the calldata of a transaction. One call a test, so
/// that storage is cold; those without a snapshot compare two calls, or have a limit.
contract TrustGasTest is GateFixture {
    string private constant _GROUP = "Trust";
    uint256 private constant _GAS_OF_A_LONG_HISTORY = 20_000;
    uint256 private constant _LONGEST_ENTRY = 65_535;
    // EIP-7825.
    uint256 private constant _GAS_OF_A_TRANSACTION = 2 ** 24;

    function setUp() public {
        _setUpGate();
        vm.warp(START + 1);
    }

    function test_setStatus_one_gasCost() public {
        _measureStatus(1, "setStatus, 1 leaf");
    }

    function test_setStatus_hundred_gasCost() public {
        _measureStatus(100, "setStatus, 100 leaves");
    }

    function test_recordAttestation_gasCost() public {
        vm.prank(CONTROLLER);
        attestations.recordAttestation(_approval(planLeaf, "another"));
        vm.snapshotGasLastCall(_GROUP, "recordAttestation");
    }

    function test_accredit_gasCost() public {
        vm.prank(HK_AUTHORITY);
        attestors.accredit(HK, "another", CONTROLLER, ALL, 0, LATER);
        vm.snapshotGasLastCall(_GROUP, "accredit");
    }

    function test_isAccredited_gasCost() public {
        vm.assertTrue(_isAccredited(START), "accredited");
        vm.snapshotGasLastCall(_GROUP, "isAccredited");
    }

    function test_check_gasCost() public {
        IProvenanceGate.Policy memory policy = _policy();
        IProvenanceGate.Evidence memory evidence = _evidence();
        IProvenanceGate.Answer answer = gate.check(policy, evidence);
        vm.snapshotGasLastCall(_GROUP, "check, covered");
        vm.assertEq(uint256(answer), uint256(IProvenanceGate.Answer.Covered), "answer");
    }

    /// @dev The longest entry that a log takes, nearly all of it before the plan's name.
    function test_check_longestEntry_gasFitsIntoATransaction() public {
        uint256 rest = _transferUnder(planLeaf, "").length;
        bytes memory channel = new bytes(_LONGEST_ENTRY - rest);
        for (uint256 i = 0; i < channel.length; ++i) {
            channel[i] = "x";
        }
        _log("example.com/long", _transferUnder(planLeaf, channel));
        vm.assertEq(transferEntry.length, _LONGEST_ENTRY, "length");
        // Half of a transaction is left for whoever asks, and for 16 gas a byte of calldata.
        vm.assertLe(_gasOfCheck(), _GAS_OF_A_TRANSACTION / 2, "gas");
    }

    /// @dev Nobody who once stood for a jurisdiction may make its last word too dear to find.
    function test_check_formerAuthorityOfManyWords_gasHardlyMoves() public {
        _handOn(HK, STRANGER);
        vm.warp(START + 2);
        uint256 before = _gasOfCheck();
        for (uint256 i = 0; i < 500; ++i) {
            _say(HK_AUTHORITY, IStatuses.Status.Suspended, transferLeaf);
            _say(HK_AUTHORITY, IStatuses.Status.Reinstated, transferLeaf);
        }
        vm.assertLe(_gasOfCheck(), before + _GAS_OF_A_LONG_HISTORY, "gas");
    }

    function _gasOfCheck() private view returns (uint256 used) {
        IProvenanceGate.Policy memory policy = _policy();
        IProvenanceGate.Evidence memory evidence = _evidence();
        uint256 left = gasleft();
        IProvenanceGate.Answer answer = gate.check(policy, evidence);
        used = left - gasleft();
        vm.assertEq(uint256(answer), uint256(IProvenanceGate.Answer.Covered), "answer");
    }

    function _measureStatus(uint256 count, string memory name) private {
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = keccak256(abi.encode(i));
        }
        attestations.setStatus(IStatuses.Status.Revoked, REASON, leaves);
        vm.snapshotGasLastCall(_GROUP, name);
    }
}

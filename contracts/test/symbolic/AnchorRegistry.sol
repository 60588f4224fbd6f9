// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../../src/AnchorRegistry.sol";
import {ILogGovernance} from "../../src/interfaces/ILogGovernance.sol";
import {vm} from "../Vm.sol";

/// @title The cheatcodes of halmos that these proofs use
interface Symbolic {
    function enableSymbolicStorage(address account) external;
}

/// @dev Where halmos answers these calls.
Symbolic constant svm = Symbolic(address(uint160(uint256(keccak256("svm cheat code")))));

/// @notice Proofs by `scripts/prove-contracts`: for every caller, every argument and every state.
/// @dev Foundry runs none of these: their names begin otherwise. Each is the step of an induction:
/// whatever the logs' state, one call leaves every anchor alone. The state is arbitrary but for the
/// invariant, which each step shows to hold afterwards too: what is anchored is in an open log and not
/// beyond its head. Calls that revert change nothing and are left out.
contract AnchorRegistrySymbolicTest {
    uint64 private constant _MAX_SIZE = 4;
    bytes32 private constant _LOG = keccak256("a log");
    /// @dev Where the registry has its logs, after the two slots of EIP712.
    uint256 private constant _LOGS_SLOT = 2;

    AnchorRegistry private _registry;

    function setUp() public {
        _registry = new AnchorRegistry();
        svm.enableSymbolicStorage(address(_registry));
    }

    /// @dev Any anchor, of the same log or another one.
    modifier keepsAnchor(address caller, bytes32 logId, uint64 size) {
        bytes32 before = _registry.anchorCommitment(logId, size);
        if (before != 0) {
            // Reverts, and so leaves the path out, where the log is not open.
            vm.assume(size <= _headSize(logId));
        }
        vm.prank(caller);
        _;
        bytes32 afterwards = _registry.anchorCommitment(logId, size);
        if (before != 0) assert(afterwards == before);
        if (afterwards != 0) assert(size <= _headSize(logId));
    }

    function check_openLog_keepsAnchor(
        address caller,
        bytes32 anchoredLog,
        uint64 anchoredSize,
        string calldata origin,
        address[] calldata operators,
        uint8 threshold
    ) public keepsAnchor(caller, anchoredLog, anchoredSize) {
        _registry.openLog(origin, operators, threshold);
    }

    /// @dev Sizes up to _MAX_SIZE, one after the other: they decide where in memory a proof's nodes go,
    /// and halmos needs to know that. All else is arbitrary, the proof and the signers included.
    function check_anchor_keepsAnchor(
        address caller,
        bytes32 anchoredLog,
        uint64 anchoredSize,
        bytes24 state,
        uint64 headSize,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof,
        bytes[] calldata signatures
    ) public {
        _storeFirstSlot(state, _known(headSize, _MAX_SIZE));
        _anchor(caller, anchoredLog, anchoredSize, _known(size, _MAX_SIZE), root, proof, signatures);
    }

    function check_proposeOperators_keepsAnchor(
        address caller,
        bytes32 anchoredLog,
        uint64 anchoredSize,
        bytes32 logId,
        address[] calldata operators,
        uint8 threshold,
        bytes[] calldata signatures
    ) public keepsAnchor(caller, anchoredLog, anchoredSize) {
        _registry.proposeOperators(logId, operators, threshold, signatures);
    }

    /// @dev After a proposal, for a list's length that is state means a path for each length.
    function check_applyOperators_keepsAnchor(
        address caller,
        bytes32 anchoredLog,
        uint64 anchoredSize,
        bytes32 logId,
        address[] calldata operators,
        uint8 threshold,
        bytes[] calldata signatures,
        uint64 time
    ) public {
        vm.prank(caller);
        _registry.proposeOperators(logId, operators, threshold, signatures);
        vm.warp(time);
        _apply(caller, anchoredLog, anchoredSize, logId);
    }

    function check_cancelOperators_keepsAnchor(
        address caller,
        bytes32 anchoredLog,
        uint64 anchoredSize,
        bytes32 logId
    ) public keepsAnchor(caller, anchoredLog, anchoredSize) {
        _registry.cancelOperators(logId);
    }

    /// @dev The same of the sizes and the index.
    function check_reportEquivocation_keepsAnchor(
        address caller,
        bytes32 anchoredLog,
        uint64 anchoredSize,
        bytes32 logId,
        ILogGovernance.SignedHead[2] memory heads,
        uint64 index,
        ILogGovernance.LeafProof[2] calldata leaves
    ) public {
        heads[0].size = _known(heads[0].size, 1);
        heads[1].size = _known(heads[1].size, 2);
        index = _known(index, 1);
        _report(caller, anchoredLog, anchoredSize, logId, heads, index, leaves);
    }

    function check_closeLog_keepsAnchor(
        address caller,
        bytes32 anchoredLog,
        uint64 anchoredSize,
        bytes32 logId,
        uint64 size,
        bytes32 root,
        bytes32 successor,
        bytes[] calldata signatures
    ) public keepsAnchor(caller, anchoredLog, anchoredSize) {
        _registry.closeLog(logId, size, root, successor, signatures);
    }

    function _anchor(
        address caller,
        bytes32 anchoredLog,
        uint64 anchoredSize,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof,
        bytes[] calldata signatures
    ) private keepsAnchor(caller, anchoredLog, anchoredSize) {
        _registry.anchor(_LOG, size, root, proof, signatures);
    }

    function _report(
        address caller,
        bytes32 anchoredLog,
        uint64 anchoredSize,
        bytes32 logId,
        ILogGovernance.SignedHead[2] memory heads,
        uint64 index,
        ILogGovernance.LeafProof[2] calldata leaves
    ) private keepsAnchor(caller, anchoredLog, anchoredSize) {
        _registry.reportEquivocation(logId, heads, index, leaves);
    }

    function _apply(address caller, bytes32 anchoredLog, uint64 anchoredSize, bytes32 logId)
        private
        keepsAnchor(caller, anchoredLog, anchoredSize)
    {
        _registry.applyOperators(logId);
    }

    /// @dev A state like any other, but that the size is known.
    function _storeFirstSlot(bytes24 state, uint64 size) private {
        bytes32 slot = keccak256(abi.encode(_LOG, _LOGS_SLOT));
        vm.store(address(_registry), slot, bytes32(abi.encodePacked(state, size)));
    }

    /// @dev Goes one path for each value up to the largest.
    function _known(uint64 value, uint64 largest) private pure returns (uint64) {
        for (uint64 i = 0; i <= largest; ++i) {
            if (value == i) return i;
        }
        vm.assume(false);
        return 0;
    }

    function _headSize(bytes32 logId) private view returns (uint64 size) {
        (size,,,) = _registry.head(logId);
    }
}

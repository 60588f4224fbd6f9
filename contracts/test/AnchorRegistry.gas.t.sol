// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {LogFixture} from "./LogFixture.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {vm} from "./Vm.sol";

/// @notice Gas of execution, without the 21,000 and the calldata of a transaction, which
/// tests/contracts/test_gas.py measures whole. One call a test, so that storage is cold.
contract AnchorRegistryGasTest is LogFixture {
    /// @dev A head to anchor, with the proof from the one before.
    struct Step {
        bytes32 logId;
        uint64 size;
        bytes32 root;
        bytes32[] proof;
        bytes[] signatures;
    }

    uint256 private constant _INCLUSION_VIEW_GAS_AT_DEPTH_20 = 12_000;
    string private constant _GROUP = "AnchorRegistry";

    uint64 private constant _SIZE = 1_000_000;
    // Of all older sizes those with the most hashes: 24 for a proof of 14 nodes; 38 for one of 21,
    // which is the longest there is.
    uint64 private constant _OLD_SIZE_14_NODES = 524_160;
    uint64 private constant _OLD_SIZE_21_NODES = 983_039;

    Step private _first;
    Step private _with14Nodes;
    Step private _with21Nodes;
    Step private _by2Of2;
    IAnchorRegistry.Anchor private _deep;

    function setUp() public {
        bytes32 fresh = _open("fresh", 1, 1);
        bytes32 root = keccak256("root");
        _first = Step(fresh, 7, root, new bytes32[](0), _sign(fresh, 7, root, _keys(1)));
        _with14Nodes = _prepare("14 nodes", _OLD_SIZE_14_NODES, 14, 1);
        _with21Nodes = _prepare("21 nodes", _OLD_SIZE_21_NODES, 21, 1);
        _by2Of2 = _prepare("2 of 2", _OLD_SIZE_14_NODES, 14, 2);

        bytes32 deep = _open("deep", 1, 1);
        (root,) = ReferenceTree.rootFromInclusion(0, 0x55555, 2 ** 20, _nodes(20));
        registry.anchor(deep, 2 ** 20, root, new bytes32[](0), _sign(deep, 2 ** 20, root, _keys(1)));
        _deep = IAnchorRegistry.Anchor(
            deep, 2 ** 20, root, uint64(block.number), uint64(block.timestamp)
        );
    }

    function test_openLog_gasCost() public {
        _open(ORIGIN, 1, 1);
        vm.snapshotGasLastCall(_GROUP, "openLog, 1 of 1");
    }

    function test_anchor_first_gasCost() public {
        _run(_first, "anchor, first");
    }

    function test_anchor_14Nodes_gasCost() public {
        _run(_with14Nodes, "anchor, 14 nodes, 1 of 1");
    }

    function test_anchor_21Nodes_gasCost() public {
        _run(_with21Nodes, "anchor, 21 nodes, 1 of 1");
    }

    function test_anchor_by2Of2_gasCost() public {
        _run(_by2Of2, "anchor, 14 nodes, 2 of 2");
    }

    function test_verifyAnchor_gasCost() public {
        IAnchorRegistry.Anchor memory a = _deep;
        vm.assertTrue(
            registry.verifyAnchor(a.logId, a.size, a.root, a.blockNumber, a.blockTime), "anchor"
        );
        vm.snapshotGasLastCall(_GROUP, "verifyAnchor");
    }

    function test_verifyInclusion_atDepth20_gasCost() public {
        IAnchorRegistry.Anchor memory anchored = _deep;
        bytes32[] memory proof = _nodes(20);
        vm.assertTrue(registry.verifyInclusion(anchored, 0, 0x55555, proof), "inclusion");
        uint256 used = vm.snapshotGasLastCall(_GROUP, "verifyInclusion, depth 20");
        vm.assertLe(used, _INCLUSION_VIEW_GAS_AT_DEPTH_20, "gas of the view");
    }

    function _run(Step memory step, string memory name) private {
        registry.anchor(step.logId, step.size, step.root, step.proof, step.signatures);
        vm.snapshotGasLastCall(_GROUP, name);
        (uint64 size,,,) = registry.head(step.logId);
        vm.assertEq(size, step.size, "anchored");
    }

    /// @dev Anchors an older head and returns the next. The proof's nodes are any hashes: both
    /// roots are what they lead to.
    function _prepare(string memory origin, uint64 oldSize, uint256 nodes, uint8 operators)
        private
        returns (Step memory)
    {
        Step memory step;
        step.logId = _open(origin, operators, operators);
        step.proof = _nodes(nodes);
        bool complete;
        bytes32 newRoot;
        (step.root, newRoot, complete) =
            ReferenceTree.rootsFromConsistency(oldSize, 0, _SIZE, step.proof);
        vm.assertTrue(complete, "a proof of this length");
        bytes[] memory signatures = _sign(step.logId, oldSize, step.root, _keys(operators));
        registry.anchor(step.logId, oldSize, step.root, new bytes32[](0), signatures);
        step.size = _SIZE;
        step.root = newRoot;
        step.signatures = _sign(step.logId, _SIZE, newRoot, _keys(operators));
        return step;
    }

    function _nodes(uint256 count) private pure returns (bytes32[] memory nodes) {
        nodes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            nodes[i] = keccak256(abi.encode("node", i));
        }
    }
}

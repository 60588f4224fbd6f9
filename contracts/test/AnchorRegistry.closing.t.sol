// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {ILogGovernance} from "../src/interfaces/ILogGovernance.sol";
import {LogFixture} from "./LogFixture.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {vm} from "./Vm.sol";

contract AnchorRegistryClosingTest is LogFixture {
    bytes32 private _logId;
    bytes32 private _successor;
    bytes32 private _root;
    bytes32[] private _entries;
    bytes[] private _none;

    function setUp() public {
        _logId = _open(ORIGIN, 3, 2);
        _successor = _open("example.com/next", 1, 1);
        _entries = _leaves(9);
        _root = _anchor(_logId, _entries, 0, 5, _keys(2)).root;
    }

    // What closes

    function test_closeLog_byAdminAndOperators_isClosedAtItsHead() public {
        bytes[] memory signatures = _agreed(5, _root, _successor, _keys(2));
        vm.expectEmit(address(registry));
        emit ILogGovernance.LogClosed(_logId, 5, _root, _successor);
        vm.prank(ADMIN);
        registry.closeLog(_logId, 5, _root, _successor, signatures);
        _assertStatus(ILogGovernance.LogStatus.Closed, _successor);
        (uint64 size, bytes32 root,,) = registry.head(_logId);
        vm.assertEq(size, 5, "the head stays");
        vm.assertEq(root, _root, "with its root");
    }

    function test_closeLog_withoutSuccessor_isClosed() public {
        _close(0);
        _assertStatus(ILogGovernance.LogStatus.Closed, 0);
    }

    function test_closeLog_thatWasNeverAnchored_isClosed() public {
        bytes32 digest = registry.closingDigest(_successor, FIRST_EPOCH, 0, EMPTY_ROOT, _logId);
        bytes[] memory signatures = _signDigest(digest, _keys(1));
        vm.prank(ADMIN);
        registry.closeLog(_successor, 0, EMPTY_ROOT, _logId, signatures);
        (ILogGovernance.LogStatus status,,) = registry.logStatus(_successor);
        vm.assertEq(uint256(status), uint256(ILogGovernance.LogStatus.Closed), "status");
    }

    function test_closeLog_frozen_needsTheAdminAlone() public {
        _freeze();
        vm.prank(ADMIN);
        registry.closeLog(_logId, 5, _root, _successor, _none);
        _assertStatus(ILogGovernance.LogStatus.Closed, _successor);
    }

    function test_closeLog_dropsTheWaitingChange() public {
        _propose(_logId, _addresses(_keys(2)), 2, _keys(2));
        _close(0);
        vm.warp(vm.getBlockTimestamp() + 2 days);
        vm.expectRevert(abi.encodeWithSelector(ILogGovernance.NoChangePending.selector, _logId));
        registry.applyOperators(_logId);
    }

    function test_verifyConsistency_ofASuccessor_showsThatItContinues() public {
        IAnchorRegistry.Anchor memory last =
            IAnchorRegistry.Anchor(_logId, 5, _root, uint64(block.number), uint64(block.timestamp));
        _close(_successor);
        IAnchorRegistry.Anchor memory next = _anchor(_successor, _entries, 0, 9, _keys(1));
        vm.assertTrue(
            registry.verifyConsistency(last, next, ReferenceTree.consistencyProof(_entries, 5, 9)),
            "continues"
        );
    }

    // What a closed log refuses

    function test_anchor_closedLog_reverts() public {
        _close(0);
        bytes32 root = ReferenceTree.root(_entries, 9);
        bytes32[] memory proof = ReferenceTree.consistencyProof(_entries, 5, 9);
        bytes[] memory signatures = _sign(_logId, 9, root, _keys(2));
        vm.expectRevert(_closed());
        registry.anchor(_logId, 9, root, proof, signatures);
        registry.anchor(_logId, 5, _root, new bytes32[](0), _none);
        vm.assertTrue(
            registry.verifyAnchor(_logId, 5, _root, uint64(block.number), uint64(block.timestamp)),
            "what was anchored stays"
        );
    }

    function test_proposeOperators_closedLog_reverts() public {
        _close(0);
        _propose(_logId, _addresses(_keys(2)), 2, _keys(2), _closed());
    }

    function test_proposeOperators_frozenLog_reverts() public {
        _freeze();
        _propose(
            _logId,
            _addresses(_keys(2)),
            2,
            _keys(2),
            abi.encodeWithSelector(
                ILogGovernance.LogNotActive.selector, _logId, ILogGovernance.LogStatus.Frozen
            )
        );
    }

    function test_closeLog_twice_reverts() public {
        _close(0);
        bytes[] memory signatures = _agreed(5, _root, _successor, _keys(2));
        vm.expectRevert(_closed());
        vm.prank(ADMIN);
        registry.closeLog(_logId, 5, _root, _successor, signatures);
    }

    function test_openLog_closedLog_reverts() public {
        _close(0);
        address[] memory operators = _addresses(_keys(1));
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.LogAlreadyOpen.selector, _logId));
        vm.prank(ADMIN);
        registry.openLog(ORIGIN, operators, 1);
    }

    // What does not close

    function test_closeLog_byAnotherThanTheAdmin_reverts() public {
        bytes[] memory signatures = _agreed(5, _root, 0, _keys(3));
        _expectNotAdmin();
        registry.closeLog(_logId, 5, _root, 0, signatures);
        _freeze();
        _expectNotAdmin();
        registry.closeLog(_logId, 5, _root, 0, _none);
    }

    function test_closeLog_byTheAdminAlone_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.TooFewSignatures.selector, 0, 2));
        vm.prank(ADMIN);
        registry.closeLog(_logId, 5, _root, 0, _none);
    }

    function test_closeLog_atAnotherHead_reverts() public {
        uint64[2] memory sizes = [uint64(5), 4];
        bytes32[2] memory roots = [keccak256("other"), _root];
        for (uint256 i = 0; i < 2; ++i) {
            bytes[] memory signatures = _agreed(sizes[i], roots[i], 0, _keys(2));
            vm.expectRevert(abi.encodeWithSelector(ILogGovernance.NotHead.selector, sizes[i], 5));
            vm.prank(ADMIN);
            registry.closeLog(_logId, sizes[i], roots[i], 0, signatures);
        }
    }

    function test_closeLog_successorThatCannotBe_reverts() public {
        bytes32[2] memory successors = [_logId, keccak256("never opened")];
        for (uint256 i = 0; i < 2; ++i) {
            bytes[] memory signatures = _agreed(5, _root, successors[i], _keys(2));
            vm.expectRevert(
                abi.encodeWithSelector(ILogGovernance.InvalidSuccessor.selector, successors[i])
            );
            vm.prank(ADMIN);
            registry.closeLog(_logId, 5, _root, successors[i], signatures);
        }
    }

    function test_closeLog_agreedForAnythingElse_reverts() public {
        bytes32[5] memory digests = [
            registry.closingDigest(_successor, FIRST_EPOCH, 5, _root, 0),
            registry.closingDigest(_logId, 2, 5, _root, 0),
            registry.closingDigest(_logId, FIRST_EPOCH, 4, _root, 0),
            registry.closingDigest(_logId, FIRST_EPOCH, 5, keccak256("other"), 0),
            registry.closingDigest(_logId, FIRST_EPOCH, 5, _root, _successor)
        ];
        for (uint256 i = 0; i < digests.length; ++i) {
            bytes[] memory signatures = _signDigest(digests[i], _keys(2));
            vm.expectRevert();
            vm.prank(ADMIN);
            registry.closeLog(_logId, 5, _root, 0, signatures);
        }
    }

    function _close(bytes32 successor) private {
        bytes[] memory signatures = _agreed(5, _root, successor, _keys(2));
        vm.prank(ADMIN);
        registry.closeLog(_logId, 5, _root, successor, signatures);
    }

    function _freeze() private {
        _strike(_logId, _keys(3)[0]);
        _strike(_logId, _keys(3)[1]);
    }

    function _agreed(uint64 size, bytes32 root, bytes32 successor, uint256[] memory keys)
        private
        view
        returns (bytes[] memory)
    {
        return _signDigest(registry.closingDigest(_logId, FIRST_EPOCH, size, root, successor), keys);
    }

    function _assertStatus(ILogGovernance.LogStatus expected, bytes32 next) private view {
        (ILogGovernance.LogStatus status,, bytes32 successor) = registry.logStatus(_logId);
        vm.assertEq(uint256(status), uint256(expected), "status");
        vm.assertEq(successor, next, "successor");
    }

    function _closed() private view returns (bytes memory) {
        return abi.encodeWithSelector(
            ILogGovernance.LogNotActive.selector, _logId, ILogGovernance.LogStatus.Closed
        );
    }

    function _expectNotAdmin() private {
        vm.expectRevert(
            abi.encodeWithSelector(ILogGovernance.NotAdmin.selector, address(this), ADMIN)
        );
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {ILogGovernance} from "../src/interfaces/ILogGovernance.sol";
import {LogFixture} from "./LogFixture.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {vm} from "./Vm.sol";

contract AnchorRegistryEquivocationTest is LogFixture {
    uint256 private constant _MAX_LEAVES = 24;

    bytes32 private _logId;
    bytes32[] private _entries;
    ILogGovernance.LeafProof[2] private _none;

    function setUp() public {
        _logId = _open(ORIGIN, 3, 2);
        _entries = _leaves(_MAX_LEAVES);
    }

    // What strikes

    function test_reportEquivocation_twoRootsOfOneSize_strikes() public {
        uint256 key = _keys(3)[1];
        ILogGovernance.SignedHead[2] memory heads = _fork(_logId, 5, key);
        vm.expectEmit(address(registry));
        emit ILogGovernance.OperatorStruck(_logId, vm.addr(key), FIRST_EPOCH, 2);
        vm.prank(address(0xCAFE));
        registry.reportEquivocation(_logId, heads, 0, _none);

        vm.assertTrue(registry.isStruck(_logId, vm.addr(key)), "struck");
        vm.assertFalse(registry.isOperator(_logId, vm.addr(key)), "no operator any more");
        _assertStatus(ILogGovernance.LogStatus.Active, 2);
    }

    function test_reportEquivocation_twoEmptyTrees_strikes() public {
        registry.reportEquivocation(_logId, _fork(_logId, 0, _keys(1)[0]), 0, _none);
        _assertStatus(ILogGovernance.LogStatus.Active, 2);
    }

    function test_reportEquivocation_twoLeavesAtOneIndex_strikes() public {
        uint256 key = _keys(3)[0];
        (ILogGovernance.SignedHead[2] memory heads, ILogGovernance.LeafProof[2] memory leaves) =
            _forkAt(3, 7, 20, key);
        registry.reportEquivocation(_logId, heads, 3, leaves);
        vm.assertTrue(registry.isStruck(_logId, vm.addr(key)), "struck");
    }

    function test_reportEquivocation_headsOfTwoEpochs_strikes() public {
        uint256[] memory keys = _keys(3);
        _propose(_logId, _addresses(keys), 3, keys);
        vm.warp(vm.getBlockTimestamp() + 2 days);
        registry.applyOperators(_logId);

        ILogGovernance.SignedHead[2] memory heads = _fork(_logId, 5, keys[0]);
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(keys[0], registry.headDigest(_logId, 2, 5, heads[1].root));
        heads[1].epoch = 2;
        heads[1].signature = abi.encodePacked(r, s, v);
        registry.reportEquivocation(_logId, heads, 0, _none);
        vm.assertTrue(registry.isStruck(_logId, vm.addr(keys[0])), "struck");
    }

    function test_reportEquivocation_leavingTooFew_freezes() public {
        IAnchorRegistry.Anchor memory past = _anchor(_logId, _entries, 0, 5, _keys(2));
        uint256[] memory keys = _keys(3);
        _strike(_logId, keys[0]);
        ILogGovernance.SignedHead[2] memory heads = _fork(_logId, 1, keys[1]);
        vm.expectEmit(address(registry));
        emit ILogGovernance.LogFrozen(_logId);
        registry.reportEquivocation(_logId, heads, 0, _none);
        _assertStatus(ILogGovernance.LogStatus.Frozen, 1);

        bytes32 root = ReferenceTree.root(_entries, 9);
        bytes32[] memory proof = ReferenceTree.consistencyProof(_entries, 5, 9);
        bytes[] memory signatures = _sign(_logId, 9, root, keys);
        _expectNotActive(ILogGovernance.LogStatus.Frozen);
        registry.anchor(_logId, 9, root, proof, signatures);
        vm.assertTrue(
            registry.verifyAnchor(_logId, 5, past.root, past.blockNumber, past.blockTime),
            "past anchors stay valid"
        );
    }

    function test_reportEquivocation_inAFrozenLog_strikesTheLastToo() public {
        uint256[] memory keys = _keys(3);
        _strike(_logId, keys[0]);
        _strike(_logId, keys[1]);
        vm.recordLogs();
        _strike(_logId, keys[2]);
        vm.assertEq(vm.getRecordedLogs().length, 1, "struck, and not frozen once more");
        _assertStatus(ILogGovernance.LogStatus.Frozen, 0);
    }

    function test_reportEquivocation_strikesOneOfThree_othersStillAnchor() public {
        uint256[] memory keys = _keys(3);
        _strike(_logId, keys[0]);
        bytes32 root = ReferenceTree.root(_entries, 5);
        bytes[] memory withStruck = _sign(_logId, 5, root, keys);
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.NotOperator.selector, vm.addr(keys[0]))
        );
        registry.anchor(_logId, 5, root, new bytes32[](0), withStruck);
        uint256[] memory left = new uint256[](2);
        (left[0], left[1]) = (keys[1], keys[2]);
        _anchor(_logId, _entries, 0, 5, left);
    }

    function test_reportEquivocation_dropsTheWaitingChange() public {
        _propose(_logId, _addresses(_keys(2)), 2, _keys(2));
        uint256 key = _keys(3)[2];
        ILogGovernance.SignedHead[2] memory heads = _fork(_logId, 1, key);
        vm.expectEmit(address(registry));
        emit ILogGovernance.OperatorsProposalDropped(_logId);
        registry.reportEquivocation(_logId, heads, 0, _none);
        vm.warp(vm.getBlockTimestamp() + 2 days);
        vm.expectRevert(abi.encodeWithSelector(ILogGovernance.NoChangePending.selector, _logId));
        registry.applyOperators(_logId);
    }

    // What does not

    function test_reportEquivocation_sameHeadTwice_reverts() public {
        ILogGovernance.SignedHead[2] memory heads = _fork(_logId, 5, _keys(1)[0]);
        heads[1] = heads[0];
        _expectNone();
        registry.reportEquivocation(_logId, heads, 0, _none);
    }

    function test_reportEquivocation_leavesThatAreNotThere_reverts() public {
        uint256 key = _keys(3)[0];
        for (uint256 which = 0; which < 2; ++which) {
            (ILogGovernance.SignedHead[2] memory heads, ILogGovernance.LeafProof[2] memory leaves) =
                _forkAt(3, 7, 20, key);
            leaves[which].leafHash = keccak256("made up");
            _expectNone();
            registry.reportEquivocation(_logId, heads, 3, leaves);
        }
    }

    function test_reportEquivocation_leavesAtTwoIndexes_reverts() public {
        ILogGovernance.SignedHead[2] memory heads = _honest(7, 20, _keys(1)[0]);
        ILogGovernance.LeafProof[2] memory leaves;
        leaves[0] = _leaf(_entries, 3, 7);
        leaves[1] = _leaf(_entries, 4, 20);
        _expectNone();
        registry.reportEquivocation(_logId, heads, 3, leaves);
        _expectNone();
        registry.reportEquivocation(_logId, heads, 4, leaves);
    }

    function test_reportEquivocation_byTwoSigners_reverts() public {
        uint256[] memory keys = _keys(2);
        ILogGovernance.SignedHead[2] memory heads = _fork(_logId, 5, keys[0]);
        heads[1] = _head(_logId, 5, heads[1].root, keys[1]);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILogGovernance.DifferentSigners.selector, vm.addr(keys[0]), vm.addr(keys[1])
            )
        );
        registry.reportEquivocation(_logId, heads, 0, _none);
    }

    function test_reportEquivocation_byARetiredKey_reverts() public {
        uint256[] memory keys = _keys(3);
        uint256[] memory next = new uint256[](2);
        (next[0], next[1]) = (keys[0], keys[1]);
        _propose(_logId, _addresses(next), 2, keys);
        vm.warp(vm.getBlockTimestamp() + 2 days);
        registry.applyOperators(_logId);
        _strike(_logId, keys[2], _notOperator(vm.addr(keys[2])));
        _assertStatus(ILogGovernance.LogStatus.Active, 2);
    }

    function test_reportEquivocation_byAStranger_reverts() public {
        _strike(_logId, 0xBAD, _notOperator(vm.addr(0xBAD)));
    }

    function test_reportEquivocation_twice_reverts() public {
        uint256 key = _keys(3)[0];
        _strike(_logId, key);
        _strike(_logId, key, _notOperator(vm.addr(key)));
    }

    function test_reportEquivocation_headOfAnEpochNotReached_reverts() public {
        uint64[2] memory epochs = [uint64(0), 2];
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 which = 0; which < 2; ++which) {
                ILogGovernance.SignedHead[2] memory heads = _fork(_logId, 5, _keys(1)[0]);
                heads[which].epoch = epochs[i];
                vm.expectRevert(
                    abi.encodeWithSelector(
                        ILogGovernance.UnknownEpoch.selector, epochs[i], FIRST_EPOCH
                    )
                );
                registry.reportEquivocation(_logId, heads, 0, _none);
            }
        }
    }

    function test_reportEquivocation_headsOfAnotherLog_reverts() public {
        bytes32 other = _open("example.com/other", 3, 2);
        ILogGovernance.SignedHead[2] memory heads = _fork(other, 5, _keys(1)[0]);
        vm.expectRevert();
        registry.reportEquivocation(_logId, heads, 0, _none);
    }

    function test_reportEquivocation_ofUnknownOrClosedLog_reverts() public {
        bytes32 id = keccak256("never opened");
        ILogGovernance.SignedHead[2] memory heads = _fork(id, 5, _keys(1)[0]);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.UnknownLog.selector, id));
        registry.reportEquivocation(id, heads, 0, _none);

        heads = _fork(_logId, 5, _keys(1)[0]);
        bytes32 digest = registry.closingDigest(_logId, FIRST_EPOCH, 0, EMPTY_ROOT, 0);
        vm.prank(ADMIN);
        registry.closeLog(_logId, 0, EMPTY_ROOT, 0, _signDigest(digest, _keys(2)));
        _expectNotActive(ILogGovernance.LogStatus.Closed);
        registry.reportEquivocation(_logId, heads, 0, _none);
    }

    /// @dev Any two heads of one tree, any leaves and proofs of it, garbled anyhow.
    function test_fuzz_reportEquivocation_honestOperator_isNeverStruck(
        uint256[2] memory sizes,
        uint256[2] memory places,
        uint64 index,
        bytes32 garbage,
        uint8 mangle
    ) public {
        uint64 older = uint64(1 + sizes[0] % _MAX_LEAVES);
        uint64 newer = uint64(1 + sizes[1] % _MAX_LEAVES);
        ILogGovernance.SignedHead[2] memory heads = _honest(older, newer, _keys(1)[0]);
        ILogGovernance.LeafProof[2] memory leaves;
        leaves[0] = _leaf(_entries, places[0] % older, older);
        leaves[1] = _leaf(_entries, places[1] % newer, newer);
        uint256 which = mangle & 1;
        if (mangle & 2 != 0) leaves[which].leafHash = garbage;
        if (mangle & 4 != 0 && leaves[which].path.length > 0) {
            leaves[which].path[uint256(garbage) % leaves[which].path.length] = garbage;
        }
        // Where the sibling is the leaf's neighbour, an inner node as a leaf is a classic forgery.
        if (mangle & 8 != 0) leaves[which].leafHash = ReferenceTree.root(_entries, 2);
        if (mangle & 16 != 0) index = uint64(places[which] % _MAX_LEAVES);
        _expectNone();
        registry.reportEquivocation(_logId, heads, index, leaves);
    }

    /// @dev Any index at which two histories differ, any two sizes that reach it.
    function test_fuzz_reportEquivocation_forkingOperator_isAlwaysStruck(
        uint256 place,
        uint256[2] memory sizes
    ) public {
        place %= _MAX_LEAVES;
        uint256 more = _MAX_LEAVES - place;
        uint64 first = uint64(place + 1 + sizes[0] % more);
        uint64 second = uint64(place + 1 + sizes[1] % more);
        (ILogGovernance.SignedHead[2] memory heads, ILogGovernance.LeafProof[2] memory leaves) =
            _forkAt(place, first, second, _keys(1)[0]);
        registry.reportEquivocation(_logId, heads, uint64(place), leaves);
        vm.assertTrue(registry.isStruck(_logId, vm.addr(_keys(1)[0])), "struck");
    }

    function _honest(uint64 older, uint64 newer, uint256 key)
        private
        view
        returns (ILogGovernance.SignedHead[2] memory heads)
    {
        heads[0] = _head(_logId, older, ReferenceTree.root(_entries, older), key);
        heads[1] = _head(_logId, newer, ReferenceTree.root(_entries, newer), key);
    }

    /// @dev Two histories that differ at one place, each signed at a size of its own.
    function _forkAt(uint256 place, uint64 first, uint64 second, uint256 key)
        private
        view
        returns (
            ILogGovernance.SignedHead[2] memory heads,
            ILogGovernance.LeafProof[2] memory leaves
        )
    {
        bytes32[] memory other = _entries;
        other[place] = keccak256("another entry");
        heads[0] = _head(_logId, first, ReferenceTree.root(_entries, first), key);
        heads[1] = _head(_logId, second, ReferenceTree.root(other, second), key);
        leaves[0] = _leaf(_entries, place, first);
        leaves[1] = _leaf(other, place, second);
    }

    function _leaf(bytes32[] memory entries, uint256 index, uint256 size)
        private
        pure
        returns (ILogGovernance.LeafProof memory)
    {
        return ILogGovernance.LeafProof(
            entries[index], ReferenceTree.inclusionProof(entries, index, size)
        );
    }

    function _assertStatus(ILogGovernance.LogStatus expected, uint8 operators) private view {
        (ILogGovernance.LogStatus status, uint8 active,) = registry.logStatus(_logId);
        vm.assertEq(uint256(status), uint256(expected), "status");
        vm.assertEq(active, operators, "active operators");
    }

    function _expectNone() private {
        vm.expectRevert(ILogGovernance.NoEquivocation.selector);
    }

    function _notOperator(address account) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAnchorRegistry.NotOperator.selector, account);
    }

    function _expectNotActive(ILogGovernance.LogStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(ILogGovernance.LogNotActive.selector, _logId, status)
        );
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReferenceTree} from "./ReferenceTree.sol";
import {Rfc9162Harness} from "./Rfc9162Harness.sol";
import {vm} from "./Vm.sol";

contract Rfc9162Test {
    /// @dev What a caller can get wrong about a proof.
    enum Mangle {
        Nothing,
        FlipProof,
        DropLast,
        AppendOne,
        SwapEnds,
        ShrinkSize,
        GrowSize,
        MovePosition,
        FlipRoot,
        FlipStart,
        // One sibling more, and the roots that it leads to: only the length gives it away.
        Overgrow
    }

    uint256 private constant _INCLUSION_GAS_AT_DEPTH_20 = 8_000;
    uint64 private constant _MAX_SIZE = type(uint64).max >> 1;
    bytes32 private constant _EMPTY_ROOT =
        0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    Rfc9162Harness private _lib;

    function setUp() public {
        _lib = new Rfc9162Harness();
    }

    // Hashes

    function test_leafHash_ofNothing_isHashOfPrefix() public view {
        vm.assertEq(
            _lib.leafHash(""),
            0x6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d,
            "the empty leaf of RFC 6962's reference implementation"
        );
    }

    function test_fuzz_leafHash_anyEntry_isPrefixed(bytes calldata entry) public view {
        vm.assertEq(
            _lib.leafHash(entry), sha256(abi.encodePacked(bytes1(0x00), entry)), "0x00 || entry"
        );
    }

    function test_fuzz_nodeHash_anyChildren_isPrefixed(bytes32 left, bytes32 right) public view {
        vm.assertEq(_lib.nodeHash(left, right), ReferenceTree.node(left, right), "0x01 || l || r");
    }

    function test_fuzz_leafHash_ofTwoHashes_isNoNode(bytes32 left, bytes32 right) public view {
        vm.assertTrue(
            _lib.leafHash(abi.encodePacked(left, right)) != _lib.nodeHash(left, right),
            "an inner node passed for an entry"
        );
    }

    // Inclusion

    function test_verifyInclusion_everyLeafOfEverySmallTree_accepts() public view {
        bytes32[] memory leaves = _hashes(17, 0);
        for (uint256 size = 1; size <= leaves.length; ++size) {
            bytes32 root = ReferenceTree.root(leaves, size);
            for (uint256 i = 0; i < size; ++i) {
                bytes32[] memory proof = ReferenceTree.inclusionProof(leaves, i, size);
                vm.assertTrue(_included(leaves[i], i, size, proof, root), "a true proof");
                vm.assertFalse(_included(~leaves[i], i, size, proof, root), "another leaf");
            }
        }
    }

    function test_verifyInclusion_indexOutsideTree_refuses() public view {
        bytes32[] memory none = new bytes32[](0);
        vm.assertFalse(_included(0, 0, 0, none, 0), "the empty tree has no leaf");
        vm.assertFalse(_included(_EMPTY_ROOT, 0, 0, none, _EMPTY_ROOT), "nor its own root");
        vm.assertFalse(_included(0, 1, 1, none, 0), "one beyond the last");
        vm.assertTrue(_included(0, 0, 1, none, 0), "a tree of one leaf is its leaf");
    }

    function test_verifyInclusion_sizeBeyondMax_refuses() public view {
        uint256 index = 5;
        bytes32[] memory proof = _hashes(ReferenceTree.pathLength(index, uint256(_MAX_SIZE) - 1), 1);
        (bytes32 root,) = ReferenceTree.rootFromInclusion(0, index, _MAX_SIZE, proof);
        vm.assertTrue(_included(0, index, _MAX_SIZE, proof, root), "the largest tree");

        uint256 tooLarge = uint256(_MAX_SIZE) + 1;
        bool complete;
        (root, complete) = ReferenceTree.rootFromInclusion(0, index, tooLarge, proof);
        vm.assertTrue(complete, "the same proof would fit");
        vm.assertFalse(_included(0, index, tooLarge, proof, root), "beyond the largest");
    }

    function test_verifyInclusion_innerNodeAsLeaf_refuses() public view {
        bytes32[] memory leaves = _hashes(4, 0);
        bytes32 root = ReferenceTree.root(leaves, 4);
        bytes32 inner = ReferenceTree.node(leaves[0], leaves[1]);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = ReferenceTree.node(leaves[2], leaves[3]);
        vm.assertFalse(_included(inner, 0, 4, proof, root), "the length decides");
    }

    function test_verifyInclusion_atDepth20_staysBelowItsGas() public view {
        uint64 size = 2 ** 20;
        uint64[4] memory indexes = [0, size - 1, size / 3, size / 2];
        for (uint256 i = 0; i < indexes.length; ++i) {
            bytes32[] memory proof = _hashes(20, i);
            (bytes32 root,) = ReferenceTree.rootFromInclusion(0, indexes[i], size, proof);
            (bool verdict, uint256 gasUsed) =
                _lib.measureInclusion(0, indexes[i], size, proof, root);
            vm.assertTrue(verdict, "a true proof");
            vm.assertLe(gasUsed, _INCLUSION_GAS_AT_DEPTH_20, "gas at depth 20");
        }
    }

    function test_fuzz_verifyInclusion_anyTree_agreesWithReference(
        uint256 seed,
        uint256 index,
        uint256 size,
        uint256 mangle
    ) public view {
        bytes32[] memory leaves = _hashes(1 + size % 64, seed);
        index %= leaves.length;
        _compareInclusion(
            leaves[index],
            index,
            leaves.length,
            ReferenceTree.inclusionProof(leaves, index, leaves.length),
            ReferenceTree.root(leaves, leaves.length),
            mangle
        );
    }

    function test_fuzz_verifyInclusion_anySize_agreesWithReference(
        bytes32 leaf,
        uint256 index,
        uint64 size,
        uint256 mangle
    ) public view {
        // Shifted by a random amount, so that all magnitudes come up.
        size = (size >> (mangle >> 8) % 64) | 1;
        index %= size;
        bytes32[] memory proof = _hashes(ReferenceTree.pathLength(index, size - 1), mangle);
        (bytes32 root,) = ReferenceTree.rootFromInclusion(leaf, index, size, proof);
        _compareInclusion(leaf, index, size, proof, root, mangle);
    }

    // Consistency

    function test_verifyConsistency_everyPairOfSmallTrees_accepts() public view {
        bytes32[] memory leaves = _hashes(17, 0);
        for (uint256 size = 0; size <= leaves.length; ++size) {
            bytes32 root = ReferenceTree.root(leaves, size);
            for (uint256 old = 0; old <= size; ++old) {
                bytes32[] memory proof = ReferenceTree.consistencyProof(leaves, old, size);
                bytes32 oldRoot = ReferenceTree.root(leaves, old);
                vm.assertTrue(_consistent(old, oldRoot, size, root, proof), "a true proof");
                vm.assertFalse(_consistent(old, ~oldRoot, size, root, proof), "another old root");
            }
        }
    }

    function test_verifyConsistency_fromEmptyTree_needsEmptyRootAndProof() public view {
        bytes32[] memory none = new bytes32[](0);
        bytes32[] memory one = new bytes32[](1);
        vm.assertTrue(_consistent(0, _EMPTY_ROOT, 0, _EMPTY_ROOT, none), "nothing to nothing");
        vm.assertTrue(_consistent(0, _EMPTY_ROOT, 9, ~_EMPTY_ROOT, none), "anything extends it");
        vm.assertFalse(_consistent(0, _EMPTY_ROOT, 9, ~_EMPTY_ROOT, one), "a proof of nothing");
        vm.assertFalse(_consistent(0, 0, 9, ~_EMPTY_ROOT, none), "another empty root");
        vm.assertFalse(_consistent(0, 0, 0, 0, none), "another empty root, twice");
    }

    function test_verifyConsistency_equalSizes_needEqualRootsAndEmptyProof() public view {
        bytes32[] memory none = new bytes32[](0);
        bytes32 root = keccak256("root");
        vm.assertTrue(_consistent(7, root, 7, root, none), "the same head");
        vm.assertFalse(_consistent(7, root, 7, ~root, none), "two roots of one size");
        vm.assertFalse(_consistent(7, root, 7, root, new bytes32[](1)), "a proof of nothing");
    }

    function test_verifyConsistency_shrinkingTree_refuses() public view {
        bytes32[] memory leaves = _hashes(8, 0);
        bytes32[] memory proof = ReferenceTree.consistencyProof(leaves, 4, 8);
        bytes32 four = ReferenceTree.root(leaves, 4);
        bytes32 eight = ReferenceTree.root(leaves, 8);
        vm.assertTrue(_consistent(4, four, 8, eight, proof), "forwards");
        vm.assertFalse(_consistent(8, eight, 4, four, proof), "backwards");
        vm.assertFalse(_consistent(8, eight, 0, _EMPTY_ROOT, new bytes32[](0)), "to nothing");
    }

    function test_verifyConsistency_missingProof_refuses() public view {
        bytes32 root = keccak256("root");
        vm.assertFalse(_consistent(3, root, 7, root, new bytes32[](0)), "no seed");
        vm.assertFalse(_consistent(4, root, 7, root, new bytes32[](0)), "no path");
    }

    function test_verifyConsistency_sizeBeyondMax_refuses() public view {
        bytes32[] memory none = new bytes32[](0);
        uint256 tooLarge = uint256(_MAX_SIZE) + 1;
        vm.assertTrue(_consistent(0, _EMPTY_ROOT, _MAX_SIZE, 0, none), "the largest tree");
        vm.assertFalse(_consistent(0, _EMPTY_ROOT, tooLarge, 0, none), "beyond the largest");
        vm.assertFalse(_consistent(tooLarge, 0, tooLarge, 0, none), "twice the same");
    }

    function test_fuzz_verifyConsistency_anyTree_agreesWithReference(
        uint256 seed,
        uint256 oldSize,
        uint256 size,
        uint256 mangle
    ) public view {
        bytes32[] memory leaves = _hashes(1 + size % 64, seed);
        oldSize %= leaves.length + 1;
        _compareConsistency(
            oldSize,
            ReferenceTree.root(leaves, oldSize),
            leaves.length,
            ReferenceTree.root(leaves, leaves.length),
            ReferenceTree.consistencyProof(leaves, oldSize, leaves.length),
            mangle
        );
    }

    function test_fuzz_verifyConsistency_anySize_agreesWithReference(
        bytes32 start,
        uint256 oldSize,
        uint64 size,
        uint256 mangle
    ) public view {
        size = (size >> (mangle >> 8) % 63) | 2;
        oldSize = 1 + oldSize % (size - 1);
        uint256 fn = oldSize - 1;
        uint256 sn = size - 1;
        while (fn % 2 == 1) {
            fn /= 2;
            sn /= 2;
        }
        uint256 seeds = fn == 0 ? 0 : 1;
        bytes32[] memory proof = _hashes(seeds + ReferenceTree.pathLength(fn, sn), mangle);
        (bytes32 oldRoot, bytes32 root,) =
            ReferenceTree.rootsFromConsistency(oldSize, start, size, proof);
        _compareConsistency(oldSize, oldRoot, size, root, proof, mangle);
    }

    function _compareInclusion(
        bytes32 leaf,
        uint256 index,
        uint256 size,
        bytes32[] memory proof,
        bytes32 root,
        uint256 mangle
    ) private view {
        Mangle how = _how(mangle);
        proof = _mangleProof(proof, how, mangle);
        if (how == Mangle.ShrinkSize) size -= 1;
        if (how == Mangle.GrowSize) size += 1;
        if (how == Mangle.MovePosition) index += 1;
        if (how == Mangle.FlipRoot) root = _flip(root, mangle);
        if (how == Mangle.FlipStart) leaf = _flip(leaf, mangle);
        if (how == Mangle.Overgrow) root = ReferenceTree.node(proof[proof.length - 1], root);

        bool expected = false;
        if (index < size && size <= _MAX_SIZE) {
            (bytes32 computed, bool complete) =
                ReferenceTree.rootFromInclusion(leaf, index, size, proof);
            expected = complete && computed == root;
        }
        vm.assertEq(_included(leaf, index, size, proof, root), expected, "verdicts differ");
        if (how == Mangle.Nothing) vm.assertEq(expected, size <= _MAX_SIZE, "a true proof");
    }

    function _compareConsistency(
        uint256 oldSize,
        bytes32 oldRoot,
        uint256 size,
        bytes32 root,
        bytes32[] memory proof,
        uint256 mangle
    ) private view {
        Mangle how = _how(mangle);
        proof = _mangleProof(proof, how, mangle);
        if (how == Mangle.ShrinkSize) size -= 1;
        if (how == Mangle.GrowSize) size += 1;
        if (how == Mangle.MovePosition) oldSize += 1;
        if (how == Mangle.FlipRoot) root = _flip(root, mangle);
        if (how == Mangle.FlipStart) oldRoot = _flip(oldRoot, mangle);
        if (how == Mangle.Overgrow) {
            root = ReferenceTree.node(proof[proof.length - 1], root);
            oldRoot = ReferenceTree.node(proof[proof.length - 1], oldRoot);
        }

        bool expected;
        if (oldSize > size || size > _MAX_SIZE) {
            expected = false;
        } else if (oldSize == 0 || oldSize == size) {
            expected = proof.length == 0 && (oldSize != 0 || oldRoot == _EMPTY_ROOT)
                && (oldSize != size || oldRoot == root);
        } else {
            (bytes32 fr, bytes32 sr, bool complete) =
                ReferenceTree.rootsFromConsistency(oldSize, oldRoot, size, proof);
            expected = complete && fr == oldRoot && sr == root;
        }
        vm.assertEq(_consistent(oldSize, oldRoot, size, root, proof), expected, "verdicts differ");
        if (how == Mangle.Nothing) vm.assertEq(expected, size <= _MAX_SIZE, "a true proof");
    }

    function _how(uint256 mangle) private pure returns (Mangle) {
        return Mangle(mangle % (uint256(type(Mangle).max) + 1));
    }

    function _mangleProof(bytes32[] memory proof, Mangle how, uint256 mangle)
        private
        pure
        returns (bytes32[] memory)
    {
        uint256 count = proof.length;
        if (how == Mangle.AppendOne || how == Mangle.Overgrow) return _resize(proof, count + 1);
        if (how == Mangle.DropLast && count > 0) return _resize(proof, count - 1);
        if (how == Mangle.FlipProof && count > 0) {
            uint256 place = (mangle >> 16) % count;
            proof[place] = _flip(proof[place], mangle);
        }
        if (how == Mangle.SwapEnds && count > 0) {
            (proof[0], proof[count - 1]) = (proof[count - 1], proof[0]);
        }
        return proof;
    }

    function _resize(bytes32[] memory list, uint256 length)
        private
        pure
        returns (bytes32[] memory resized)
    {
        resized = new bytes32[](length);
        for (uint256 i = 0; i < length && i < list.length; ++i) {
            resized[i] = list[i];
        }
    }

    function _flip(bytes32 value, uint256 mangle) private pure returns (bytes32) {
        return value ^ bytes32(1 << ((mangle >> 24) % 256));
    }

    function _hashes(uint256 count, uint256 seed) private pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = keccak256(abi.encode(seed, i));
        }
    }

    function _included(
        bytes32 leaf,
        uint256 index,
        uint256 size,
        bytes32[] memory proof,
        bytes32 root
    ) private view returns (bool) {
        return _lib.verifyInclusion(leaf, uint64(index), uint64(size), proof, root);
    }

    function _consistent(
        uint256 oldSize,
        bytes32 oldRoot,
        uint256 size,
        bytes32 root,
        bytes32[] memory proof
    ) private view returns (bool) {
        return _lib.verifyConsistency(uint64(oldSize), oldRoot, uint64(size), root, proof);
    }
}

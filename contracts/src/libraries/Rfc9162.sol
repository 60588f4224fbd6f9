// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The Merkle tree of RFC 9162: leaves, nodes and the two proofs
/// @notice Gives the same verdict as `ledger/merkle.py` on every input. Leaves and nodes are
/// SHA-256 with a prefix each (0x00 and 0x01), so an inner node can never pass for an entry.
/// @dev The verifiers derive the shape of a proof from its two positions alone and accept exactly
/// one length, so that no prover can choose the shape. They answer, and never revert on bad input.
library Rfc9162 {
    /// @notice The root of the tree without leaves: SHA-256 of nothing (section 2.1.1)
    bytes32 internal constant EMPTY_ROOT =
        0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    /// @notice The largest size of a tree, the same bound that `ledger/merkle.py` has
    uint64 internal constant MAX_SIZE = type(uint64).max >> 1;

    /// @notice Hashes an entry into its leaf (section 2.1.1)
    /// @param entry The entry's bytes
    /// @return SHA-256(0x00 || entry)
    function leafHash(bytes memory entry) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"00", entry));
    }

    /// @notice Hashes two children into their parent (section 2.1.1)
    /// @param left The left child's hash
    /// @param right The right child's hash
    /// @return SHA-256(0x01 || left || right)
    function nodeHash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"01", left, right));
    }

    /// @notice Tells whether the leaf at `index` is in the tree (section 2.1.3.2)
    /// @param leaf The leaf's hash
    /// @param index The leaf's position, from 0
    /// @param size The number of leaves in the tree
    /// @param proof The siblings on the way up, lowest first
    /// @param root The root of the tree
    /// @return Whether it is
    function verifyInclusion(
        bytes32 leaf,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        bytes32 root
    ) internal view returns (bool) {
        if (index >= size || size > MAX_SIZE) return false;

        (uint256 length, uint256 sides) = _path(index, size - 1);
        return proof.length == length && _climb(leaf, proof, sides) == root;
    }

    /// @notice Tells whether the older tree is a prefix of the newer (section 2.1.4.2)
    /// @dev Equal sizes need equal roots and an empty proof. The older size 0 needs the empty root
    /// and an empty proof, and then says nothing about the newer root.
    /// @param oldSize The number of leaves in the older tree
    /// @param oldRoot The root of the older tree
    /// @param newSize The number of leaves in the newer tree
    /// @param newRoot The root of the newer tree
    /// @param proof The nodes that the two trees are recomputed from, lowest first
    /// @return Whether it is
    function verifyConsistency(
        uint64 oldSize,
        bytes32 oldRoot,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        if (oldSize > newSize || newSize > MAX_SIZE) return false;
        if (oldSize == 0 && oldRoot != EMPTY_ROOT) return false;
        if (oldSize == newSize) return proof.length == 0 && oldRoot == newRoot;
        if (oldSize == 0) return proof.length == 0;

        // The path starts from the perfect subtree that ends the older tree: it has as many leaves
        // as the lowest bit set in its size. Where that is the whole older tree, its root starts
        // the path and provers leave it out.
        uint256 row = Math.log2(oldSize & (~oldSize + 1));
        uint256 node = (oldSize - 1) >> row;
        (uint256 length, uint256 sides) = _path(node, (newSize - 1) >> row);
        bytes32 start = oldRoot;
        if (node != 0) {
            if (proof.length == 0) return false;
            start = proof[0];
            proof = proof[1:];
        }
        return proof.length == length && _climbLeft(start, proof, sides) == oldRoot
            && _climb(start, proof, sides) == newRoot;
    }

    /// @notice Describes the siblings on the way from a node up to the root
    /// @dev Below the subtree that both positions are in, every row gives one sibling, on the side
    /// that the bit of `node` tells. Above it the path runs along the right edge, where only a
    /// right child has a sibling, and has it on its left.
    /// @param node The node's position in its row (the RFC's fn)
    /// @param last The position of the row's last node (the RFC's sn)
    /// @return length How many siblings there are
    /// @return sides Bit i is set where sibling i is on the left
    function _path(uint256 node, uint256 last)
        private
        pure
        returns (uint256 length, uint256 sides)
    {
        uint256 inner = node == last ? 0 : Math.log2(node ^ last) + 1;
        length = inner + _countBits(node >> inner);
        sides = node | (type(uint256).max << inner);
    }

    /// @notice Counts the bits set in a number of 64 bits
    /// @dev In pairs, in fours, in bytes, and then all bytes at once in the product's uppermost
    /// one. No sum outgrows its place.
    /// @param x The number
    /// @return How many bits are set
    function _countBits(uint256 x) private pure returns (uint256) {
        unchecked {
            x -= (x >> 1) & 0x5555555555555555;
            x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
            x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
            return ((x * 0x0101010101010101) >> 56) & 0xff;
        }
    }

    // The two loops below are `nodeHash` at a third of its gas, and nearly all that an anchor costs
    // above its storage. 0x01 || left || right is one byte too long for the scratch space, so it
    // is laid out in the free memory, which stays free; the prefix is written once, and each hash
    // goes straight to the place, left or right, where the next round needs it. The precompile at
    // 0x02 takes any bytes: only a lack of gas makes it fail, and that is looked at in the end.

    /// @notice Hashes a node with its siblings, one after the other, up to the root
    /// @param node The hash to start from
    /// @param siblings The siblings, lowest first
    /// @param sides Bit i is set where sibling i is on the left
    /// @return root What they lead to
    function _climb(bytes32 node, bytes32[] calldata siblings, uint256 sides)
        private
        view
        returns (bytes32 root)
    {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let input := mload(0x40)
            let left := add(input, 0x01)
            let right := add(input, 0x21)
            mstore8(input, 0x01)
            // 0x20 where the next sibling is on the left: then it swaps places with the node.
            let swap := shl(5, and(sides, 1))
            mstore(add(left, swap), node)
            let answered := 1
            let sibling := siblings.offset
            let end := add(sibling, shl(5, siblings.length))
            for {} lt(sibling, end) { sibling := add(sibling, 0x20) } {
                mstore(sub(right, swap), calldataload(sibling))
                sides := shr(1, sides)
                swap := shl(5, and(sides, 1))
                answered := and(
                    answered,
                    staticcall(gas(), 0x02, input, 0x41, add(left, swap), 0x20)
                )
            }
            if iszero(answered) { revert(0x00, 0x00) }
            root := mload(add(left, swap))
        }
    }

    /// @notice Does the same with the siblings on the left alone: those on the right came later
    /// than the older of two trees
    /// @param node The hash to start from
    /// @param siblings The siblings of the newer tree, lowest first
    /// @param sides Bit i is set where sibling i is on the left
    /// @return root What those on the left lead to
    function _climbLeft(bytes32 node, bytes32[] calldata siblings, uint256 sides)
        private
        view
        returns (bytes32 root)
    {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let input := mload(0x40)
            let left := add(input, 0x01)
            let right := add(input, 0x21)
            mstore8(input, 0x01)
            mstore(right, node)
            let answered := 1
            let sibling := siblings.offset
            let end := add(sibling, shl(5, siblings.length))
            for {} lt(sibling, end) { sibling := add(sibling, 0x20) } {
                if and(sides, 1) {
                    mstore(left, calldataload(sibling))
                    answered := and(answered, staticcall(gas(), 0x02, input, 0x41, right, 0x20))
                }
                sides := shr(1, sides)
            }
            if iszero(answered) { revert(0x00, 0x00) }
            root := mload(right)
        }
    }
}

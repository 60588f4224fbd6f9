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
    function leafHash(bytes memory entry) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"00", entry));
    }

    /// @notice Hashes two children into their parent (section 2.1.1)
    function nodeHash(bytes32 left, bytes32 right) internal view returns (bytes32 parent) {
        // 0x01 || left || right is one byte too long for the scratch space, so it is laid out in
        // the free memory, which stays free: the next node overwrites it. `sha256(bytes.concat(…))`
        // would copy, and let the memory grow, at every node of a proof.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 0x01)
            mstore(add(input, 0x01), left)
            mstore(add(input, 0x21), right)
            // The precompile at 0x02 takes any bytes: only a lack of gas can make the call fail.
            if iszero(staticcall(gas(), 0x02, input, 0x41, input, 0x20)) { revert(0x00, 0x00) }
            parent := mload(input)
        }
    }

    /// @notice Tells whether the leaf at `index` is in the tree (section 2.1.3.2)
    /// @param leaf The leaf's hash
    /// @param index The leaf's position, from 0
    /// @param size The number of leaves in the tree
    /// @param proof The siblings on the way up, lowest first
    /// @param root The root of the tree
    function verifyInclusion(
        bytes32 leaf,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        bytes32 root
    ) internal view returns (bool) {
        if (index >= size || size > MAX_SIZE) return false;

        uint256 node = index;
        (uint256 inner, uint256 border) = _pathShape(node, size - 1);
        if (proof.length != inner + border) return false;
        bytes32 computed = leaf;
        for (uint256 i = 0; i < inner; ++i) {
            computed = node & 1 == 1 ? nodeHash(proof[i], computed) : nodeHash(computed, proof[i]);
            node >>= 1;
        }
        for (uint256 i = inner; i < proof.length; ++i) {
            computed = nodeHash(proof[i], computed);
        }
        return computed == root;
    }

    /// @notice Tells whether the older tree is a prefix of the newer (section 2.1.4.2)
    /// @dev Equal sizes need equal roots and an empty proof. The older size 0 needs the empty root
    /// and an empty proof, and then says nothing about the newer root.
    /// @param oldSize The number of leaves in the older tree
    /// @param oldRoot The root of the older tree
    /// @param newSize The number of leaves in the newer tree
    /// @param newRoot The root of the newer tree
    /// @param proof The nodes that the two trees are recomputed from, lowest first
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
        // as the lowest bit set in its size.
        uint256 row = Math.log2(oldSize & (~oldSize + 1));
        uint256 node = (oldSize - 1) >> row;
        uint256 last = (newSize - 1) >> row;

        // Where that is the whole older tree, its root starts the path and provers leave it out.
        uint256 start = node == 0 ? 0 : 1;
        (uint256 inner, uint256 border) = _pathShape(node, last);
        uint256 edge = start + inner;
        if (proof.length != edge + border) return false;
        bytes32 oldComputed = node == 0 ? oldRoot : proof[0];
        bytes32 newComputed = oldComputed;
        for (uint256 i = start; i < edge; ++i) {
            bytes32 sibling = proof[i];
            if (node & 1 == 1) {
                oldComputed = nodeHash(sibling, oldComputed);
                newComputed = nodeHash(sibling, newComputed);
            } else {
                newComputed = nodeHash(newComputed, sibling);
            }
            node >>= 1;
        }
        for (uint256 i = edge; i < proof.length; ++i) {
            bytes32 sibling = proof[i];
            oldComputed = nodeHash(sibling, oldComputed);
            newComputed = nodeHash(sibling, newComputed);
        }
        return oldComputed == oldRoot && newComputed == newRoot;
    }

    /// @dev How many siblings a path has, from `node` up to the root of the tree that ends at
    /// `last` (the RFC's fn and sn). Below the subtree that both are in, every row gives one. Above
    /// it the path runs along the right edge, where only a right child has a sibling.
    function _pathShape(uint256 node, uint256 last)
        private
        pure
        returns (uint256 inner, uint256 border)
    {
        inner = node == last ? 0 : Math.log2(node ^ last) + 1;
        unchecked {
            // Clears the lowest bit set, so neither the bit below zero nor a count beyond 64 exists.
            for (node >>= inner; node != 0; node &= node - 1) {
                ++border;
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title The Merkle tree of RFC 9162: leaves, nodes and the two proofs
/// @notice Gives the same verdict as `ledger/merkle.py` on every input. Leaves and nodes are
/// SHA-256 with a prefix each (0x00 and 0x01), so an inner node can never pass for an entry.
/// @dev The verifiers derive the shape of a proof from its two positions alone and accept exactly
/// one length, so that no prover can choose the shape. They answer, and never revert on bad input.
library Rfc9162 {
    /// @notice Thrown when the chain has no working SHA-256 precompile
    error Sha256Unavailable();

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
        bool answered;
        // The 65 bytes 0x01 || left || right are one too many for the scratch space, so they are
        // laid out beyond the free memory, which is not moved: the next node overwrites them.
        // That spares the copies and the growing memory of `sha256(abi.encodePacked(…))`.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 0x01)
            mstore(add(input, 0x01), left)
            mstore(add(input, 0x21), right)
            // 0x02 is the SHA-256 precompile. Where there is none the call succeeds with an empty
            // answer, and the stale word at 0x00 would be taken for a hash.
            answered := staticcall(gas(), 0x02, input, 0x41, 0x00, 0x20)
            answered := and(answered, eq(returndatasize(), 0x20))
            parent := mload(0x00)
        }
        if (!answered) revert Sha256Unavailable();
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

        // The RFC's fn and sn: the position of the current node in its row, and of the row's last.
        uint256 node = index;
        uint256 last = size - 1;
        bytes32 computed = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (last == 0) return false;
            if (_isRightChild(node, last)) {
                (node, last) = _skipLoneEdge(node, last);
                computed = nodeHash(proof[i], computed);
            } else {
                computed = nodeHash(computed, proof[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && computed == root;
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

        uint256 node = oldSize - 1;
        uint256 last = newSize - 1;
        while (node & 1 == 1) {
            node >>= 1;
            last >>= 1;
        }

        // Where the older tree is one perfect subtree its root starts the path, and provers leave
        // it out.
        uint256 next = 0;
        bytes32 oldComputed = oldRoot;
        if (node != 0) {
            if (proof.length == 0) return false;
            oldComputed = proof[next++];
        }
        bytes32 newComputed = oldComputed;

        for (; next < proof.length; ++next) {
            if (last == 0) return false;
            bytes32 sibling = proof[next];
            if (_isRightChild(node, last)) {
                (node, last) = _skipLoneEdge(node, last);
                // Until the first sibling on the right the two trees have the same nodes.
                bool same = oldComputed == newComputed;
                newComputed = nodeHash(sibling, newComputed);
                oldComputed = same ? newComputed : nodeHash(sibling, oldComputed);
            } else {
                newComputed = nodeHash(newComputed, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && oldComputed == oldRoot && newComputed == newRoot;
    }

    function _isRightChild(uint256 node, uint256 last) private pure returns (bool) {
        return node & 1 == 1 || node == last;
    }

    /// @dev A lone node at the right edge moves up unchanged until it is a right child.
    function _skipLoneEdge(uint256 node, uint256 last) private pure returns (uint256, uint256) {
        while (node & 1 == 0 && node != 0) {
            node >>= 1;
            last >>= 1;
        }
        return (node, last);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title RFC 9162 as its text has it, recursive and slow, to compare the library with
/// @dev Shares no code with `Rfc9162`: the tree, the provers and the verifiers follow the wording
/// of the RFC, and hashes go through Solidity's own `sha256`.
library ReferenceTree {
    /// @notice Hashes a node (section 2.1.1)
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @notice MTH(D_n) over the first `size` leaf hashes (section 2.1.1)
    function root(bytes32[] memory leaves, uint256 size) internal pure returns (bytes32) {
        return size == 0 ? sha256("") : _root(leaves, 0, size);
    }

    /// @notice PATH(m, D_n) over the first `size` leaf hashes (section 2.1.3.1)
    function inclusionProof(bytes32[] memory leaves, uint256 index, uint256 size)
        internal
        pure
        returns (bytes32[] memory)
    {
        return _path(leaves, index, 0, size);
    }

    /// @notice PROOF(m, D_n) over the first `size` leaf hashes (section 2.1.4.1); empty for m = 0
    function consistencyProof(bytes32[] memory leaves, uint256 oldSize, uint256 size)
        internal
        pure
        returns (bytes32[] memory)
    {
        return oldSize == 0 ? new bytes32[](0) : _subproof(leaves, oldSize, 0, size, true);
    }

    /// @notice How many siblings the RFC's verifiers take from position fn in a row that ends at sn
    function pathLength(uint256 fn, uint256 sn) internal pure returns (uint256 count) {
        while (sn != 0) {
            ++count;
            if (fn == sn) {
                while (fn % 2 == 0 && fn != 0) {
                    fn /= 2;
                    sn /= 2;
                }
            }
            fn /= 2;
            sn /= 2;
        }
    }

    /// @notice The root that an inclusion proof leads to (section 2.1.3.2, steps 2 to 5)
    /// @return computed The root
    /// @return complete Whether the proof has the right length
    function rootFromInclusion(bytes32 leaf, uint256 index, uint256 size, bytes32[] memory proof)
        internal
        pure
        returns (bytes32 computed, bool complete)
    {
        uint256 fn = index;
        uint256 sn = size - 1;
        computed = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (sn == 0) return (computed, false);
            if (fn % 2 == 1 || fn == sn) {
                computed = node(proof[i], computed);
                while (fn % 2 == 0 && fn != 0) {
                    fn /= 2;
                    sn /= 2;
                }
            } else {
                computed = node(computed, proof[i]);
            }
            fn /= 2;
            sn /= 2;
        }
        complete = sn == 0;
    }

    /// @notice The roots that a consistency proof leads to, 0 < oldSize < newSize (section 2.1.4.2)
    /// @param oldRoot Starts the path where the older size is a power of two
    /// @return fr The older root
    /// @return sr The newer root
    /// @return complete Whether the proof has the right length
    function rootsFromConsistency(
        uint256 oldSize,
        bytes32 oldRoot,
        uint256 newSize,
        bytes32[] memory proof
    ) internal pure returns (bytes32 fr, bytes32 sr, bool complete) {
        if (_isPowerOfTwo(oldSize)) proof = _prepend(oldRoot, proof);
        if (proof.length == 0) return (0, 0, false);
        uint256 fn = oldSize - 1;
        uint256 sn = newSize - 1;
        while (fn % 2 == 1) {
            fn /= 2;
            sn /= 2;
        }
        fr = proof[0];
        sr = proof[0];
        for (uint256 i = 1; i < proof.length; ++i) {
            if (sn == 0) return (fr, sr, false);
            if (fn % 2 == 1 || fn == sn) {
                fr = node(proof[i], fr);
                sr = node(proof[i], sr);
                while (fn % 2 == 0 && fn != 0) {
                    fn /= 2;
                    sn /= 2;
                }
            } else {
                sr = node(sr, proof[i]);
            }
            fn /= 2;
            sn /= 2;
        }
        complete = sn == 0;
    }

    function _root(bytes32[] memory leaves, uint256 start, uint256 size)
        private
        pure
        returns (bytes32)
    {
        if (size == 1) return leaves[start];
        uint256 k = _split(size);
        return node(_root(leaves, start, k), _root(leaves, start + k, size - k));
    }

    function _path(bytes32[] memory leaves, uint256 index, uint256 start, uint256 size)
        private
        pure
        returns (bytes32[] memory)
    {
        if (size == 1) return new bytes32[](0);
        uint256 k = _split(size);
        return index < k
            ? _append(_path(leaves, index, start, k), _root(leaves, start + k, size - k))
            : _append(_path(leaves, index - k, start + k, size - k), _root(leaves, start, k));
    }

    function _subproof(
        bytes32[] memory leaves,
        uint256 oldSize,
        uint256 start,
        uint256 size,
        bool whole
    ) private pure returns (bytes32[] memory) {
        if (oldSize == size) {
            return whole ? new bytes32[](0) : _append(new bytes32[](0), _root(leaves, start, size));
        }
        uint256 k = _split(size);
        return oldSize <= k
            ? _append(
                _subproof(leaves, oldSize, start, k, whole), _root(leaves, start + k, size - k)
            )
            : _append(
                _subproof(leaves, oldSize - k, start + k, size - k, false), _root(leaves, start, k)
            );
    }

    /// @dev The largest power of two below `size`.
    function _split(uint256 size) private pure returns (uint256 k) {
        k = 1;
        while (k * 2 < size) k *= 2;
    }

    function _isPowerOfTwo(uint256 value) private pure returns (bool) {
        return value & (value - 1) == 0;
    }

    function _append(bytes32[] memory list, bytes32 value)
        private
        pure
        returns (bytes32[] memory longer)
    {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = value;
    }

    function _prepend(bytes32 value, bytes32[] memory list)
        private
        pure
        returns (bytes32[] memory longer)
    {
        longer = new bytes32[](list.length + 1);
        longer[0] = value;
        for (uint256 i = 0; i < list.length; ++i) {
            longer[i + 1] = list[i];
        }
    }
}

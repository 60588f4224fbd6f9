// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rfc9162} from "../src/libraries/Rfc9162.sol";

/// @title The library's internal functions, callable from outside
/// @notice Foundry's tests call them one by one, tests/contracts/test_differential.py in batches.
contract Rfc9162Harness {
    struct InclusionCase {
        bytes32 leaf;
        uint64 index;
        uint64 size;
        bytes32[] proof;
        bytes32 root;
    }

    struct ConsistencyCase {
        uint64 oldSize;
        bytes32 oldRoot;
        uint64 newSize;
        bytes32 newRoot;
        bytes32[] proof;
    }

    /// @notice Gives the library's verdict on each case
    function verifyInclusions(InclusionCase[] calldata cases)
        external
        view
        returns (bool[] memory verdicts)
    {
        verdicts = new bool[](cases.length);
        for (uint256 i = 0; i < cases.length; ++i) {
            InclusionCase calldata c = cases[i];
            verdicts[i] = Rfc9162.verifyInclusion(c.leaf, c.index, c.size, c.proof, c.root);
        }
    }

    /// @notice Gives the library's verdict on each case
    function verifyConsistencies(ConsistencyCase[] calldata cases)
        external
        view
        returns (bool[] memory verdicts)
    {
        verdicts = new bool[](cases.length);
        for (uint256 i = 0; i < cases.length; ++i) {
            ConsistencyCase calldata c = cases[i];
            verdicts[i] =
                Rfc9162.verifyConsistency(c.oldSize, c.oldRoot, c.newSize, c.newRoot, c.proof);
        }
    }

    /// @notice Gives the verdict and what the library itself used, without the call to get here
    function measureInclusion(
        bytes32 leaf,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        bytes32 root
    ) external view returns (bool verdict, uint256 gasUsed) {
        uint256 before = gasleft();
        verdict = Rfc9162.verifyInclusion(leaf, index, size, proof, root);
        gasUsed = before - gasleft();
    }

    function verifyInclusion(
        bytes32 leaf,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        bytes32 root
    ) external view returns (bool) {
        return Rfc9162.verifyInclusion(leaf, index, size, proof, root);
    }

    function verifyConsistency(
        uint64 oldSize,
        bytes32 oldRoot,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return Rfc9162.verifyConsistency(oldSize, oldRoot, newSize, newRoot, proof);
    }

    function leafHash(bytes calldata entry) external pure returns (bytes32) {
        return Rfc9162.leafHash(entry);
    }

    function nodeHash(bytes32 left, bytes32 right) external pure returns (bytes32) {
        return Rfc9162.nodeHash(left, right);
    }
}

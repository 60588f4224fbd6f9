// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ILogGovernance} from "../interfaces/ILogGovernance.sol";
import {Rfc9162} from "../libraries/Rfc9162.sol";
import {LogBook} from "./LogBook.sol";

/// @title Equivocation
/// @notice Two histories under one signature, and what follows from them.
abstract contract Equivocation is LogBook {
    /// @inheritdoc ILogGovernance
    function reportEquivocation(
        bytes32 logId,
        SignedHead[2] calldata heads,
        uint64 index,
        LeafProof[2] calldata leaves
    ) external {
        Log storage log = _openLogAt(logId);
        // In a frozen log the others can still be struck; a closed one changes no more.
        if (log.status == LogStatus.Closed) revert LogNotActive(logId, log.status);
        uint64 epoch = log.epoch;
        address signer = _signerOf(logId, epoch, heads[0]);
        address other = _signerOf(logId, epoch, heads[1]);
        if (signer != other) revert DifferentSigners(signer, other);
        if (!log.isOperator[epoch][signer]) revert NotOperator(signer);
        if (!_contradict(heads, index, leaves)) revert NoEquivocation();

        log.isOperator[epoch][signer] = false;
        log.isStruck[signer] = true;
        uint8 left = log.activeOperators - 1;
        log.activeOperators = left;
        emit OperatorStruck(logId, signer, epoch, left);
        _dropChange(log, logId);
        if (left < log.threshold && log.status == LogStatus.Active) {
            log.status = LogStatus.Frozen;
            emit LogFrozen(logId);
        }
    }

    /// @inheritdoc ILogGovernance
    function isStruck(bytes32 logId, address account) external view returns (bool) {
        return _logs[logId].isStruck[account];
    }

    function _signerOf(bytes32 logId, uint64 epoch, SignedHead calldata head)
        private
        view
        returns (address)
    {
        if (head.epoch == 0 || head.epoch > epoch) revert UnknownEpoch(head.epoch, epoch);
        bytes32 digest = headDigest(logId, head.epoch, head.size, head.root);
        return ECDSA.recoverCalldata(digest, head.signature);
    }

    /// @dev Heads of one tree have one root at each size and one leaf at each index, for whoever
    /// could show another would have found a collision of SHA-256: a proof's shape follows from
    /// index and size alone.
    function _contradict(SignedHead[2] calldata heads, uint64 index, LeafProof[2] calldata leaves)
        private
        view
        returns (bool)
    {
        if (heads[0].size == heads[1].size) return heads[0].root != heads[1].root;
        return leaves[0].leafHash != leaves[1].leafHash && _has(heads[0], index, leaves[0])
            && _has(heads[1], index, leaves[1]);
    }

    function _has(SignedHead calldata head, uint64 index, LeafProof calldata leaf)
        private
        view
        returns (bool)
    {
        return Rfc9162.verifyInclusion(leaf.leafHash, index, head.size, leaf.path, head.root);
    }
}

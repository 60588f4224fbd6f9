// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILogGovernance} from "../interfaces/ILogGovernance.sol";
import {BlockTime} from "../libraries/BlockTime.sol";
import {LogBook} from "./LogBook.sol";

/// @title Changes of a log's operators and threshold
/// @notice Proposed by its admin and operators together, seen by all for a while, then applied.
abstract contract OperatorChanges is LogBook {
    /// @notice How long a proposed change waits, in seconds
    uint48 public constant CHANGE_DELAY = 2 days;

    /// @notice The EIP-712 type of what operators sign to change who they are
    bytes32 public constant OPERATOR_CHANGE_TYPEHASH = keccak256(
        "OperatorChange(bytes32 logId,uint64 epoch,address[] operators,uint8 threshold,uint64 nonce)"
    );

    /// @inheritdoc ILogGovernance
    function proposeOperators(
        bytes32 logId,
        address[] calldata operators,
        uint8 threshold,
        bytes[] calldata signatures
    ) external {
        Log storage log = _openLogAt(logId);
        _checkActive(log, logId);
        _checkAdmin(log);
        if (_isWaiting(log)) revert ChangePending(log.pending.notBefore);
        _checkOperators(operators, threshold);
        for (uint256 i = 0; i < operators.length; ++i) {
            if (log.isStruck[operators[i]]) revert StruckOperator(operators[i]);
        }
        // Used up with the proposal: after a cancel the operators would have to agree again.
        uint64 nonce = log.changeNonce;
        log.changeNonce = nonce + 1;
        uint64 epoch = log.epoch;
        bytes32 digest = operatorChangeDigest(logId, epoch, operators, threshold, nonce);
        _checkSignatures(log, digest, signatures);

        uint48 notBefore = BlockTime.current() + BlockTime.span(CHANGE_DELAY);
        log.pending = Change(operators, threshold, notBefore);
        emit OperatorsProposed(logId, operators, threshold, notBefore);
    }

    /// @inheritdoc ILogGovernance
    function applyOperators(bytes32 logId) external {
        Log storage log = _openLogAt(logId);
        if (!_isWaiting(log)) revert NoChangePending(logId);
        Change memory change = log.pending;
        // The delay is days long, against seconds that a block's maker may shift its time by.
        if (BlockTime.current() < change.notBefore) revert ChangeNotDue(change.notBefore);
        delete log.pending;
        uint64 epoch = log.epoch + 1;
        _beginEpoch(log, epoch, change.operators, change.threshold);
        emit OperatorsChanged(logId, epoch, change.operators, change.threshold);
    }

    /// @inheritdoc ILogGovernance
    function cancelOperators(bytes32 logId) external {
        Log storage log = _openLogAt(logId);
        _checkAdmin(log);
        if (!_isWaiting(log)) revert NoChangePending(logId);
        _dropChange(log, logId);
    }

    /// @inheritdoc ILogGovernance
    function changeNonce(bytes32 logId) external view returns (uint64) {
        return _openLogAt(logId).changeNonce;
    }

    /// @inheritdoc ILogGovernance
    function pendingOperators(bytes32 logId)
        external
        view
        returns (address[] memory operators, uint8 threshold, uint48 notBefore)
    {
        Change storage change = _openLogAt(logId).pending;
        return (change.operators, change.threshold, change.notBefore);
    }

    /// @inheritdoc ILogGovernance
    function operatorChangeDigest(
        bytes32 logId,
        uint64 epoch,
        address[] calldata operators,
        uint8 threshold,
        uint64 nonce
    ) public view returns (bytes32) {
        // EIP-712 hashes an array as its elements one after the other, each in 32 bytes.
        bytes32 list = keccak256(abi.encodePacked(operators));
        return _hashTypedDataV4(
            keccak256(abi.encode(OPERATOR_CHANGE_TYPEHASH, logId, epoch, list, threshold, nonce))
        );
    }

    /// @dev Only an active log has a change waiting: freezing and closing drop it.
    function _isWaiting(Log storage log) private view returns (bool) {
        return log.pending.operators.length != 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILogGovernance} from "../interfaces/ILogGovernance.sol";
import {LogBook} from "./LogBook.sol";

/// @title The end of a log
/// @notice Its final head, and the log that continues it.
abstract contract Closing is LogBook {
    /// @notice The EIP-712 type of what operators sign to close a log
    bytes32 public constant CLOSING_TYPEHASH =
        keccak256("Closing(bytes32 logId,uint64 epoch,uint64 size,bytes32 root,bytes32 successor)");

    /// @inheritdoc ILogGovernance
    function closeLog(
        bytes32 logId,
        uint64 size,
        bytes32 root,
        bytes32 successor,
        bytes[] calldata signatures
    ) external {
        Log storage log = _openLogAt(logId);
        _checkAdmin(log);
        LogStatus status = log.status;
        if (status == LogStatus.Closed) revert LogNotActive(logId, status);
        if (size != log.size || root != log.root) revert NotHead(size, log.size);
        if (successor == logId || (successor != 0 && !_isOpen(_logs[successor]))) {
            revert InvalidSuccessor(successor);
        }
        if (status == LogStatus.Active) {
            uint64 epoch = log.epoch;
            bytes32 digest = closingDigest(logId, epoch, size, root, successor);
            _checkSignatures(log, digest, signatures);
        }

        log.status = LogStatus.Closed;
        log.successor = successor;
        emit LogClosed(logId, size, root, successor);
        _dropChange(log, logId);
    }

    /// @inheritdoc ILogGovernance
    function logStatus(bytes32 logId)
        external
        view
        returns (LogStatus status, uint8 activeOperators, bytes32 successor)
    {
        Log storage log = _openLogAt(logId);
        return (log.status, log.activeOperators, log.successor);
    }

    /// @inheritdoc ILogGovernance
    function closingDigest(
        bytes32 logId,
        uint64 epoch,
        uint64 size,
        bytes32 root,
        bytes32 successor
    ) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(CLOSING_TYPEHASH, logId, epoch, size, root, successor))
        );
    }
}

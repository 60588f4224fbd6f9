// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAnchorRegistry} from "../interfaces/IAnchorRegistry.sol";
import {ILogGovernance} from "../interfaces/ILogGovernance.sol";

/// @title The logs as state has them
/// @notice What is kept of each log, and whose signatures count for it.
abstract contract LogBook is IAnchorRegistry, ILogGovernance, EIP712 {
    /// @dev The first slot is all that anchoring needs besides the root. 48 bits hold the time of
    /// chains that count milliseconds too, until the year 10889.
    struct Log {
        uint64 size;
        uint48 blockNumber;
        uint48 blockTime;
        uint64 epoch;
        uint8 threshold;
        uint8 activeOperators;
        LogStatus status;
        bytes32 root;
        address admin;
        uint64 changeNonce;
        address[] operators;
        mapping(uint64 epoch => mapping(address account => bool)) isOperator;
        mapping(uint64 size => bytes32) commitments;
        mapping(address account => bool) isStruck;
        Change pending;
        bytes32 successor;
    }

    /// @dev A proposed change of operators; there is none where `operators` is empty.
    struct Change {
        address[] operators;
        uint8 threshold;
        uint48 notBefore;
    }

    /// @notice The most operators that a log may have
    uint256 public constant MAX_OPERATORS = 16;

    /// @notice The EIP-712 type of what operators sign
    bytes32 public constant HEAD_TYPEHASH =
        keccak256("Head(bytes32 logId,uint64 epoch,uint64 size,bytes32 root)");

    mapping(bytes32 logId => Log) internal _logs;

    /// @inheritdoc IAnchorRegistry
    function headDigest(bytes32 logId, uint64 epoch, uint64 size, bytes32 root)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(HEAD_TYPEHASH, logId, epoch, size, root)));
    }

    /// @dev Begins an epoch with these operators.
    function _beginEpoch(Log storage log, uint64 epoch, address[] memory operators, uint8 threshold)
        internal
    {
        for (uint256 i = 0; i < operators.length; ++i) {
            log.isOperator[epoch][operators[i]] = true;
        }
        log.operators = operators;
        log.epoch = epoch;
        log.threshold = threshold;
        // At most MAX_OPERATORS.
        log.activeOperators = uint8(operators.length);
    }

    /// @dev The waiting change, if any, waits no more.
    function _dropChange(Log storage log, bytes32 logId) internal {
        if (log.pending.operators.length == 0) return;
        delete log.pending;
        emit OperatorsProposalDropped(logId);
    }

    /// @dev Strictly ascending signers are distinct, whatever their number.
    function _checkSignatures(Log storage log, bytes32 digest, bytes[] calldata signatures)
        internal
        view
    {
        (uint8 threshold, uint64 epoch) = (log.threshold, log.epoch);
        if (signatures.length < threshold) revert TooFewSignatures(signatures.length, threshold);
        mapping(address => bool) storage operators = log.isOperator[epoch];
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = ECDSA.recoverCalldata(digest, signatures[i]);
            if (!operators[signer]) revert NotOperator(signer);
            if (signer <= previous) revert NotAscending(previous, signer);
            previous = signer;
        }
    }

    /// @dev Strictly ascending operators are distinct, and none is the zero address.
    function _checkOperators(address[] calldata operators, uint8 threshold) internal pure {
        if (operators.length == 0 || operators.length > MAX_OPERATORS) {
            revert OperatorCountOutOfRange(operators.length, MAX_OPERATORS);
        }
        if (threshold == 0 || threshold > operators.length) {
            revert ThresholdOutOfRange(threshold, operators.length);
        }
        address previous = address(0);
        for (uint256 i = 0; i < operators.length; ++i) {
            address operator = operators[i];
            if (operator <= previous) revert NotAscending(previous, operator);
            previous = operator;
        }
    }

    function _openLogAt(bytes32 logId) internal view returns (Log storage log) {
        log = _logs[logId];
        if (!_isOpen(log)) revert UnknownLog(logId);
    }

    function _checkActive(Log storage log, bytes32 logId) internal view {
        if (log.status != LogStatus.Active) revert LogNotActive(logId, log.status);
    }

    function _checkAdmin(Log storage log) internal view {
        if (msg.sender != log.admin) revert NotAdmin(msg.sender, log.admin);
    }

    /// @dev Opened at any time: a closed log counts too.
    function _isOpen(Log storage log) internal view returns (bool) {
        return log.epoch != 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAnchorRegistry} from "./interfaces/IAnchorRegistry.sol";
import {Rfc9162} from "./libraries/Rfc9162.sol";
import {Closing} from "./log/Closing.sol";
import {Equivocation} from "./log/Equivocation.sol";
import {OperatorChanges} from "./log/OperatorChanges.sol";

/// @title AnchorRegistry
/// @notice See `IAnchorRegistry`, and `ILogGovernance` for who may sign. Has no owner and cannot be
/// upgraded.
contract AnchorRegistry is OperatorChanges, Equivocation, Closing {
    uint64 private constant _FIRST_EPOCH = 1;

    constructor() EIP712("Crossproof AnchorRegistry", "1") {
        // A call to a missing precompile succeeds and changes nothing, and chains of a national
        // cryptography suite may have another hash there: every proof would then be nonsense.
        if (sha256("") != Rfc9162.EMPTY_ROOT) revert Sha256Unavailable();
    }

    /// @inheritdoc IAnchorRegistry
    function openLog(string calldata origin, address[] calldata operators, uint8 threshold)
        external
        returns (bytes32 logId)
    {
        if (bytes(origin).length == 0) revert EmptyOrigin();
        logId = logIdOf(origin, msg.sender);
        Log storage log = _logs[logId];
        if (_isOpen(log)) revert LogAlreadyOpen(logId);
        _checkOperators(operators, threshold);
        _beginEpoch(log, _FIRST_EPOCH, operators, threshold);
        log.admin = msg.sender;
        log.root = Rfc9162.EMPTY_ROOT;
        emit LogOpened(logId, msg.sender, origin, operators, threshold);
    }

    /// @inheritdoc IAnchorRegistry
    function anchor(
        bytes32 logId,
        uint64 size,
        bytes32 root,
        bytes32[] calldata consistencyProof,
        bytes[] calldata signatures
    ) external {
        Log storage log = _openLogAt(logId);
        uint64 anchoredSize = log.size;
        bytes32 anchoredRoot = log.root;
        if (size <= anchoredSize) {
            // The empty tree has no entry to anchor, so a log without an anchor has no same head.
            if (size != 0 && size == anchoredSize && root == anchoredRoot) return;
            revert NotLarger(size, anchoredSize);
        }

        _checkActive(log, logId);
        _checkSignatures(log, headDigest(logId, log.epoch, size, root), signatures);
        if (!Rfc9162.verifyConsistency(anchoredSize, anchoredRoot, size, root, consistencyProof)) {
            revert Inconsistent(anchoredSize, size);
        }

        log.size = size;
        log.blockNumber = uint48(block.number);
        log.blockTime = uint48(block.timestamp);
        log.root = root;
        log.commitments[size] = _commitment(root, block.number, block.timestamp);
        emit Anchored(logId, size, root);
    }

    /// @inheritdoc IAnchorRegistry
    function head(bytes32 logId)
        external
        view
        returns (uint64 size, bytes32 root, uint64 blockNumber, uint64 blockTime)
    {
        Log storage log = _openLogAt(logId);
        return (log.size, log.root, log.blockNumber, log.blockTime);
    }

    /// @inheritdoc IAnchorRegistry
    function logInfo(bytes32 logId)
        external
        view
        returns (address admin, uint64 epoch, uint8 threshold, address[] memory operators)
    {
        Log storage log = _openLogAt(logId);
        return (log.admin, log.epoch, log.threshold, log.operators);
    }

    /// @inheritdoc IAnchorRegistry
    function isOperator(bytes32 logId, address account) external view returns (bool) {
        Log storage log = _logs[logId];
        return log.isOperator[log.epoch][account];
    }

    /// @inheritdoc IAnchorRegistry
    function anchorCommitment(bytes32 logId, uint64 size) external view returns (bytes32) {
        return _logs[logId].commitments[size];
    }

    /// @inheritdoc IAnchorRegistry
    function verifyAnchor(
        bytes32 logId,
        uint64 size,
        bytes32 root,
        uint64 blockNumber,
        uint64 blockTime
    ) external view returns (bool) {
        // A hash cannot be moved a little: it is equal, or it is another one.
        // slither-disable-next-line incorrect-equality
        return _logs[logId].commitments[size] == _commitment(root, blockNumber, blockTime);
    }

    /// @inheritdoc IAnchorRegistry
    function verifyInclusion(
        Anchor calldata anchored,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return _isAnchored(anchored)
            && Rfc9162.verifyInclusion(leafHash, index, anchored.size, proof, anchored.root);
    }

    /// @inheritdoc IAnchorRegistry
    function verifyConsistency(
        Anchor calldata older,
        Anchor calldata newer,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return _isAnchored(older) && _isAnchored(newer)
            && Rfc9162.verifyConsistency(older.size, older.root, newer.size, newer.root, proof);
    }

    /// @inheritdoc IAnchorRegistry
    function logIdOf(string calldata origin, address admin) public pure returns (bytes32) {
        return keccak256(abi.encode(origin, admin));
    }

    function _isAnchored(Anchor calldata anchored) private view returns (bool) {
        // A hash cannot be moved a little: it is equal, or it is another one.
        // slither-disable-next-line incorrect-equality
        return _logs[anchored.logId].commitments[anchored.size]
            == _commitment(anchored.root, anchored.blockNumber, anchored.blockTime);
    }

    function _commitment(bytes32 root, uint256 blockNumber, uint256 blockTime)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(root, blockNumber, blockTime));
    }
}

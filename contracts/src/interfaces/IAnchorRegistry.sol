// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title A witness of transparency logs
/// @notice Keeps the heads of any number of RFC 9162 logs and accepts a new head only with a proof
/// that it extends the last one. Nobody, the operator with all keys included, can anchor a fork or
/// a rollback. Every anchored head stays in state for ever.
interface IAnchorRegistry {
    /// @notice A head that was anchored, with the block that anchored it
    /// @dev State keeps only its hash, one slot each: whoever shows a proof brings these along.
    struct Anchor {
        /// The log
        bytes32 logId;
        /// The number of entries under `root`
        uint64 size;
        /// The RFC 9162 root of the first `size` entries
        bytes32 root;
        /// The block that anchored it
        uint64 blockNumber;
        /// That block's time, in the chain's own unit (seconds nearly everywhere)
        uint64 blockTime;
    }

    /// @notice Emitted when a log has been opened
    /// @param logId The log
    /// @param admin The account that opened the log and governs it
    /// @param origin The log's name, as its checkpoints have it
    /// @param operators Those who may sign the log's heads
    /// @param threshold How many of them must sign each head
    event LogOpened(
        bytes32 indexed logId,
        address indexed admin,
        string origin,
        address[] operators,
        uint8 threshold
    );

    /// @notice Emitted when a head has been anchored
    /// @param logId The log
    /// @param size The number of entries under `root`
    /// @param root The RFC 9162 root of the first `size` entries
    event Anchored(bytes32 indexed logId, uint64 indexed size, bytes32 root);

    /// @notice Thrown at deployment when the chain has no SHA-256 precompile at its usual address
    error Sha256Unavailable();

    /// @notice Thrown when a log is opened without an origin
    error EmptyOrigin();

    /// @notice Thrown when the caller has already opened a log of this origin
    error LogAlreadyOpen(bytes32 logId);

    /// @notice Thrown when no log of this id has been opened
    error UnknownLog(bytes32 logId);

    /// @notice Thrown when a log would have no operator, or more than `limit`
    error OperatorCountOutOfRange(uint256 count, uint256 limit);

    /// @notice Thrown when operators, or the signers of a head, are not in strictly ascending
    /// order of their addresses (so the zero address and a repeated one are refused too)
    error NotAscending(address previous, address next);

    /// @notice Thrown when a threshold is zero or beyond the number of operators
    error ThresholdOutOfRange(uint8 threshold, uint256 operators);

    /// @notice Thrown when a head is neither larger than the anchored one nor the same
    error NotLarger(uint64 size, uint64 anchoredSize);

    /// @notice Thrown when a head has fewer signatures than the log's threshold
    error TooFewSignatures(uint256 count, uint8 threshold);

    /// @notice Thrown when a head is signed by someone who is not a current operator of the log,
    /// which is also what a signature over any other head, epoch, contract or chain looks like
    error NotOperator(address signer);

    /// @notice Thrown when the proof does not show that the head extends the anchored one
    error Inconsistent(uint64 anchoredSize, uint64 size);

    /// @notice Opens a log with the caller as its admin
    /// @dev The admin is part of the id, so nobody can squat another's origin. The origin is only
    /// in the id and the event: whoever knows it can check it with `logIdOf`.
    /// @param origin The log's name, as its checkpoints have it
    /// @param operators Those who may sign the log's heads, in ascending order
    /// @param threshold How many of them must sign each head
    /// @return logId The log's id
    function openLog(string calldata origin, address[] calldata operators, uint8 threshold)
        external
        returns (bytes32 logId);

    /// @notice Anchors a head that extends the last anchored one
    /// @dev Anyone may carry in what the operators signed. The same head once more changes nothing
    /// and needs neither proof nor signatures, so a lost reply can be answered by sending again.
    /// The first head of a log has an empty proof. A log that is frozen or closed takes no more.
    ///
    /// A signature is over (log, epoch, size, root) in the EIP-712 domain of this contract on this
    /// chain. It can be carried in by anyone at any time while its epoch lasts, and that is safe:
    /// the heads that operators sign are one growing tree, and only a larger one is accepted.
    /// @param logId The log
    /// @param size The number of entries under `root`
    /// @param root The RFC 9162 root of the first `size` entries
    /// @param consistencyProof The RFC 9162 proof from the last anchored head to this one
    /// @param signatures 65 bytes (r, s, v) each, s in the lower half, by distinct operators, in
    /// ascending order of the signers' addresses
    function anchor(
        bytes32 logId,
        uint64 size,
        bytes32 root,
        bytes32[] calldata consistencyProof,
        bytes[] calldata signatures
    ) external;

    /// @notice Returns the id of the log of this origin and admin, opened or not
    /// @param origin The log's name, as its checkpoints have it
    /// @param admin The account that opens the log
    /// @return The log's id: keccak256(abi.encode(origin, admin))
    function logIdOf(string calldata origin, address admin) external pure returns (bytes32);

    /// @notice Returns the EIP-712 digest that operators sign
    /// @param logId The log
    /// @param epoch The epoch of the log's operators; the first one is 1
    /// @param size The number of entries under `root`
    /// @param root The RFC 9162 root of the first `size` entries
    /// @return The digest of Head(bytes32 logId,uint64 epoch,uint64 size,bytes32 root)
    function headDigest(bytes32 logId, uint64 epoch, uint64 size, bytes32 root)
        external
        view
        returns (bytes32);

    /// @notice Returns the last anchored head of a log; before the first, size 0 and its root
    /// @param logId The log
    /// @return size The number of entries under `root`
    /// @return root The RFC 9162 root of the first `size` entries
    /// @return blockNumber The block that anchored it, 0 before the first
    /// @return blockTime That block's time, 0 before the first
    function head(bytes32 logId)
        external
        view
        returns (uint64 size, bytes32 root, uint64 blockNumber, uint64 blockTime);

    /// @notice Returns who governs a log and who signs for it
    /// @param logId The log
    /// @return admin The account that opened the log
    /// @return epoch The epoch of the operators
    /// @return threshold How many of the operators must sign each head
    /// @return operators The operators that the epoch began with, in ascending order; `isOperator` is
    /// false for those that were struck since
    function logInfo(bytes32 logId)
        external
        view
        returns (address admin, uint64 epoch, uint8 threshold, address[] memory operators);

    /// @notice Tells whether an account is a current operator of a log
    /// @param logId The log
    /// @param account Any account
    /// @return Whether it is; false for a log that was never opened
    function isOperator(bytes32 logId, address account) external view returns (bool);

    /// @notice Returns what state keeps of the head anchored at this size
    /// @param logId The log
    /// @param size The number of entries under the root
    /// @return keccak256(abi.encode(root, block number, block time)), three words of 32 bytes; zero
    /// where no head of this size was anchored
    function anchorCommitment(bytes32 logId, uint64 size) external view returns (bytes32);

    /// @notice Tells whether this head was anchored, and in a block of this number and time
    /// @param logId The log
    /// @param size The number of entries under `root`
    /// @param root The RFC 9162 root of the first `size` entries
    /// @param blockNumber The block that anchored it
    /// @param blockTime That block's time
    /// @return Whether it was
    function verifyAnchor(
        bytes32 logId,
        uint64 size,
        bytes32 root,
        uint64 blockNumber,
        uint64 blockTime
    ) external view returns (bool);

    /// @notice Tells whether an entry is in a log, under a head that was anchored
    /// @param anchored The head
    /// @param leafHash SHA-256(0x00 || entry). WARNING: hash the entry itself; whoever takes a leaf
    /// hash from a stranger learns only that some 32 bytes are a leaf, not what they stand for
    /// @param index The entry's position, from 0
    /// @param proof The RFC 9162 inclusion proof, lowest sibling first
    /// @return Whether it is, and whether `anchored` was anchored
    function verifyInclusion(
        Anchor calldata anchored,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice Tells whether one anchored head extends another
    /// @dev The two may belong to different logs: so one checks that a log's successor continues it.
    /// @param older The head of the smaller tree
    /// @param newer The head of the larger tree
    /// @param proof The RFC 9162 consistency proof
    /// @return Whether it does, and whether both were anchored
    function verifyConsistency(
        Anchor calldata older,
        Anchor calldata newer,
        bytes32[] calldata proof
    ) external view returns (bool);
}

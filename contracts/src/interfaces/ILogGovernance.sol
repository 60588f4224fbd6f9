// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title Who may sign for a log, and how that ends
/// @notice Operators and threshold change only by the log's admin and its current operators together,
/// after a delay that everyone can see. An operator who signed two histories is struck by whoever shows
/// them. Heads that were anchored stay anchored, whatever happens here.
/// @dev Signatures are EIP-712 in the domain of `AnchorRegistry`, as those of heads are.
interface ILogGovernance {
    /// @notice What can happen to a log
    /// @dev Frozen: fewer operators are left than must sign. Nothing is anchored or changed any more:
    /// its admin can close it, and anyone can still strike others. Closed: for good.
    enum LogStatus {
        Active,
        Frozen,
        Closed
    }

    /// @notice A head with one operator's signature, as a published checkpoint carries it
    struct SignedHead {
        /// The epoch that it was signed in
        uint64 epoch;
        /// The number of entries under `root`
        uint64 size;
        /// The RFC 9162 root of the first `size` entries
        bytes32 root;
        /// 65 bytes (r, s, v), s in the lower half, over `headDigest` of the above
        bytes signature;
    }

    /// @notice What a head says stands at an index
    struct LeafProof {
        /// SHA-256(0x00 || entry)
        bytes32 leafHash;
        /// The RFC 9162 inclusion proof, lowest sibling first
        bytes32[] path;
    }

    /// @notice Emitted when a change of operators has been proposed
    /// @param logId The log
    /// @param operators Those who would sign the log's heads
    /// @param threshold How many of them would have to
    /// @param notBefore The block time from which anyone may apply the change
    event OperatorsProposed(
        bytes32 indexed logId, address[] operators, uint8 threshold, uint48 notBefore
    );

    /// @notice Emitted when a proposed change has been dropped: by the admin, by a strike, or because
    /// the log was closed
    /// @param logId The log
    event OperatorsProposalDropped(bytes32 indexed logId);

    /// @notice Emitted when a log's operators have changed
    /// @param logId The log
    /// @param epoch The epoch that begins: signatures over any other no longer anchor
    /// @param operators Those who may sign the log's heads from now on
    /// @param threshold How many of them must sign each head
    event OperatorsChanged(
        bytes32 indexed logId, uint64 indexed epoch, address[] operators, uint8 threshold
    );

    /// @notice Emitted when an operator has been struck for equivocation
    /// @param logId The log
    /// @param operator Who signed two histories
    /// @param epoch The epoch in which it was struck
    /// @param activeOperators How many operators are left
    event OperatorStruck(
        bytes32 indexed logId, address indexed operator, uint64 epoch, uint8 activeOperators
    );

    /// @notice Emitted when fewer operators are left than must sign each head
    /// @param logId The log
    event LogFrozen(bytes32 indexed logId);

    /// @notice Emitted when a log has been closed
    /// @param logId The log
    /// @param size The number of entries under the final head
    /// @param root The final head's root
    /// @param successor The log that continues this one, or zero
    event LogClosed(bytes32 indexed logId, uint64 size, bytes32 root, bytes32 indexed successor);

    /// @notice Thrown when a log is frozen or closed, and what was asked for needs one that is not
    error LogNotActive(bytes32 logId, LogStatus status);

    /// @notice Thrown when someone else than the log's admin calls
    error NotAdmin(address caller, address admin);

    /// @notice Thrown when a change is proposed while another one waits
    error ChangePending(uint48 notBefore);

    /// @notice Thrown when there is no proposed change to apply or to cancel
    error NoChangePending(bytes32 logId);

    /// @notice Thrown when a change is applied before its time
    error ChangeNotDue(uint48 notBefore);

    /// @notice Thrown when an account that this log has struck would become its operator again
    error StruckOperator(address operator);

    /// @notice Thrown when a reported head names an epoch that the log has not reached, or 0
    error UnknownEpoch(uint64 epoch, uint64 current);

    /// @notice Thrown when two reported heads were not signed by the same account
    error DifferentSigners(address first, address second);

    /// @notice Thrown when two reported heads do not contradict each other
    error NoEquivocation();

    /// @notice Thrown when a log is closed with another head than its anchored one
    error NotHead(uint64 size, uint64 anchoredSize);

    /// @notice Thrown when a log would name a successor that was never opened, or itself
    error InvalidSuccessor(bytes32 successor);

    /// @notice Proposes other operators, or another threshold; by the admin alone
    /// @dev Whoever reads the chain has `CHANGE_DELAY` to object, or to stop relying on the log. A
    /// nonce in what operators sign makes each set of signatures good for one proposal. WARNING: it is
    /// good for as long as its epoch lasts and nothing else is proposed; operators cannot take it back.
    /// @param logId The log
    /// @param operators Those who would sign the log's heads, in ascending order
    /// @param threshold How many of them would have to
    /// @param signatures Over `operatorChangeDigest`, by at least as many current operators as must
    /// sign a head, in ascending order of the signers' addresses
    function proposeOperators(
        bytes32 logId,
        address[] calldata operators,
        uint8 threshold,
        bytes[] calldata signatures
    ) external;

    /// @notice Applies the proposed change once its time has come; by anyone
    /// @param logId The log
    function applyOperators(bytes32 logId) external;

    /// @notice Drops the proposed change; by the admin alone
    /// @param logId The log
    function cancelOperators(bytes32 logId) external;

    /// @notice Strikes an operator who signed two histories; by anyone
    /// @dev Two heads contradict each other when they have one size and two roots, or when they have
    /// two leaves at one index. An operator who signs heads of one growing tree can never be struck,
    /// whatever heads and proofs are shown. A key that is no current operator's can be struck no more,
    /// so a retired key, lost or sold, freezes nothing. A waiting change is dropped, for the operator
    /// struck may have signed it. Whoever was struck can never become an operator of this log again.
    /// @param logId The log
    /// @param heads Two heads that the same operator signed, in any epoch up to the current one
    /// @param index Where the two trees differ; not looked at where the heads have one size
    /// @param leaves What each head has at that index; not looked at where the heads have one size
    function reportEquivocation(
        bytes32 logId,
        SignedHead[2] calldata heads,
        uint64 index,
        LeafProof[2] calldata leaves
    ) external;

    /// @notice Closes a log at its anchored head, for good; by the admin alone
    /// @dev That the successor continues this log is for the reader to check, with
    /// `verifyConsistency`: anybody can name anybody's log.
    /// @param logId The log
    /// @param size The number of entries under `root`
    /// @param root The root of the anchored head, which is the final one
    /// @param successor A log that continues this one, or zero
    /// @param signatures Over `closingDigest`, like those of `proposeOperators`; none where the log is
    /// frozen, for there nobody is left to sign
    function closeLog(
        bytes32 logId,
        uint64 size,
        bytes32 root,
        bytes32 successor,
        bytes[] calldata signatures
    ) external;

    /// @notice Returns the EIP-712 digest by which operators agree to a change of operators
    /// @param logId The log
    /// @param epoch The current epoch
    /// @param operators Those who would sign the log's heads, in ascending order
    /// @param threshold How many of them would have to
    /// @param nonce The log's `changeNonce`
    /// @return The digest of OperatorChange(bytes32 logId,uint64 epoch,address[] operators,uint8
    /// threshold,uint64 nonce)
    function operatorChangeDigest(
        bytes32 logId,
        uint64 epoch,
        address[] calldata operators,
        uint8 threshold,
        uint64 nonce
    ) external view returns (bytes32);

    /// @notice Returns the EIP-712 digest by which operators agree to the closing of a log
    /// @param logId The log
    /// @param epoch The current epoch
    /// @param size The number of entries under `root`
    /// @param root The root of the final head
    /// @param successor A log that continues this one, or zero
    /// @return The digest of Closing(bytes32 logId,uint64 epoch,uint64 size,bytes32 root,bytes32
    /// successor)
    function closingDigest(
        bytes32 logId,
        uint64 epoch,
        uint64 size,
        bytes32 root,
        bytes32 successor
    ) external view returns (bytes32);

    /// @notice Returns the nonce that the next proposal of operators must have
    /// @param logId The log
    /// @return How many changes have been proposed so far
    function changeNonce(bytes32 logId) external view returns (uint64);

    /// @notice Returns the change that waits
    /// @param logId The log
    /// @return operators Those who would sign the log's heads; none where no change waits
    /// @return threshold How many of them would have to
    /// @return notBefore The block time from which anyone may apply it
    function pendingOperators(bytes32 logId)
        external
        view
        returns (address[] memory operators, uint8 threshold, uint48 notBefore);

    /// @notice Returns how a log stands
    /// @param logId The log
    /// @return status Whether it is active, frozen or closed
    /// @return activeOperators How many of its operators have not been struck
    /// @return successor The log that continues it; zero where it is not closed or names none
    function logStatus(bytes32 logId)
        external
        view
        returns (LogStatus status, uint8 activeOperators, bytes32 successor);

    /// @notice Tells whether an account was struck from a log for equivocation
    /// @param logId The log
    /// @param account Any account
    /// @return Whether it was, in any epoch
    function isStruck(bytes32 logId, address account) external view returns (bool);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title What became of a leaf, in the words of whoever says so
/// @notice Revocations, suspensions and stop orders by leaf hash, with their history.
/// @dev A leaf is opaque to a contract, so whatever an account says stands under its own name. The
/// reader asks for the account whose word counts: an attestation's controller, a jurisdiction's
/// authority. What a stranger says changes nothing for anybody.
interface IStatuses {
    /// @notice What an account can say of a leaf
    /// @dev Revoked is final. Stopped is a regulator's order; Reinstated lifts it, or a suspension.
    enum Status {
        None,
        Revoked,
        Suspended,
        Reinstated,
        Stopped
    }

    /// @notice One change of a status
    struct StatusChange {
        /// The block time of the change
        uint48 time;
        /// What was said
        Status status;
        /// Why, of a list of the speaker's own; 0 where it gives no reason
        uint8 reason;
    }

    /// @notice Emitted when an account has said something of a leaf
    /// @param account Who said it
    /// @param leaf The leaf's hash
    /// @param status What was said
    /// @param reason Why
    event StatusChanged(address indexed account, bytes32 indexed leaf, Status status, uint8 reason);

    /// @notice Thrown when a status cannot follow what the same account said of the leaf before
    error ImpossibleStatus(bytes32 leaf, Status from, Status to);

    /// @notice Says something of each of these leaves, in the caller's own name
    /// @dev Revoked and Suspended may follow nothing or Reinstated, and Revoked a suspension too;
    /// Stopped may follow nothing or Reinstated; Reinstated a suspension or a stop. An account that
    /// stands for a jurisdiction now may also say Reinstated, and repeat Reinstated and Stopped, where
    /// it did not speak last: so a successor lifts or renews what a predecessor ordered.
    /// @param status What to say
    /// @param reason Why
    /// @param leaves The leaves' hashes
    function setStatus(Status status, uint8 reason, bytes32[] calldata leaves) external;

    /// @notice Returns what an account said last of a leaf
    /// @param account The account whose word counts for the caller
    /// @param leaf The leaf's hash
    /// @return The last change; None where it never said anything
    function statusOf(address account, bytes32 leaf) external view returns (StatusChange memory);

    /// @notice Returns what an account had said last of a leaf at a time
    /// @param account The account whose word counts for the caller
    /// @param leaf The leaf's hash
    /// @param time The time
    /// @return The last change up to then, at that very time included; None where there was none
    function statusAt(address account, bytes32 leaf, uint48 time)
        external
        view
        returns (StatusChange memory);

    /// @notice Returns how often an account spoke of a leaf
    /// @param account The account
    /// @param leaf The leaf's hash
    /// @return The number of changes
    function statusHistoryLength(address account, bytes32 leaf) external view returns (uint256);

    /// @notice Returns what an account said of a leaf, oldest first
    /// @param account The account
    /// @param leaf The leaf's hash
    /// @param start The first change, from 0
    /// @param count How many at most
    /// @return The changes; fewer where there are no more
    function statusHistory(address account, bytes32 leaf, uint256 start, uint256 count)
        external
        view
        returns (StatusChange[] memory);
}

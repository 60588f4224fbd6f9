// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthorities} from "../interfaces/IAuthorities.sol";
import {IStatuses} from "../interfaces/IStatuses.sol";
import {BlockTime} from "../libraries/BlockTime.sol";
import {StatusHistory} from "../libraries/StatusHistory.sol";

/// @title Statuses
/// @notice See `IStatuses`.
abstract contract Statuses is IStatuses {
    using StatusHistory for StatusHistory.History;

    mapping(address account => mapping(bytes32 leaf => StatusHistory.History)) private _statuses;

    /// @inheritdoc IStatuses
    function setStatus(Status status, uint8 reason, bytes32[] calldata leaves) external {
        StatusChange memory change = StatusChange(BlockTime.current(), status, reason);
        mapping(bytes32 => StatusHistory.History) storage mine = _statuses[msg.sender];
        for (uint256 i = 0; i < leaves.length; ++i) {
            bytes32 leaf = leaves[i];
            StatusHistory.History storage history = mine[leaf];
            Status before = history.latest().status;
            if (!_mayFollow(before, status) && !_mayAuthoritySay(before, status)) {
                revert ImpossibleStatus(leaf, before, status);
            }
            history.add(change);
            emit StatusChanged(msg.sender, leaf, status, reason);
        }
    }

    /// @inheritdoc IStatuses
    function statusOf(address account, bytes32 leaf) external view returns (StatusChange memory) {
        return _statuses[account][leaf].latest();
    }

    /// @inheritdoc IStatuses
    function statusAt(address account, bytes32 leaf, uint48 time)
        external
        view
        returns (StatusChange memory)
    {
        return _statuses[account][leaf].upTo(time);
    }

    /// @inheritdoc IStatuses
    function statusHistoryLength(address account, bytes32 leaf) external view returns (uint256) {
        return _statuses[account][leaf].length();
    }

    /// @inheritdoc IStatuses
    function statusHistory(address account, bytes32 leaf, uint256 start, uint256 count)
        external
        view
        returns (StatusChange[] memory)
    {
        return _statuses[account][leaf].slice(start, count);
    }

    /// @dev Where the authorities are found.
    function _authorities() internal view virtual returns (IAuthorities);

    /// @dev What its predecessor said stands under another name: the successor's own history may be
    /// empty, or end with the same word from an earlier term.
    function _mayAuthoritySay(Status before, Status status) private view returns (bool) {
        bool fits = status == Status.Reinstated
            ? before == Status.None || before == Status.Reinstated
            : status == Status.Stopped && before == Status.Stopped;
        return fits && _authorities().authorityCount(msg.sender) != 0;
    }

    function _mayFollow(Status before, Status status) private pure returns (bool) {
        if (status == Status.Reinstated) {
            return before == Status.Suspended || before == Status.Stopped;
        }
        if (before == Status.Suspended) return status == Status.Revoked;
        return status != Status.None && (before == Status.None || before == Status.Reinstated);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStatuses} from "../interfaces/IStatuses.sol";

/// @title The changes of one status, four to a slot
/// @notice A change takes 64 bits: its time 48, the status 8, the reason 8. The newest has the lowest
/// bits of `recent`; a full page of four moves to `earlier`, so that the first four changes of a leaf,
/// which are nearly all there ever are, take one slot and reading the newest takes one look.
library StatusHistory {
    struct History {
        uint256 recent;
        uint256[] earlier;
    }

    uint256 private constant _PAGE = 4;
    uint256 private constant _BITS = 64;
    uint256 private constant _FULL = _BITS * (_PAGE - 1);

    /// @notice Adds a change
    /// @param self The history
    /// @param change The newest change; its time is not zero
    function add(History storage self, IStatuses.StatusChange memory change) internal {
        uint256 recent = self.recent;
        if (recent >> _FULL != 0) {
            self.earlier.push(recent);
            recent = 0;
        }
        self.recent = recent << _BITS | uint256(change.time) << 16 | uint256(change.status) << 8
            | change.reason;
    }

    /// @notice Returns the newest change
    /// @param self The history
    /// @return The change; all zero where there is none
    function latest(History storage self) internal view returns (IStatuses.StatusChange memory) {
        return _unpack(self.recent);
    }

    /// @notice Returns the newest change up to a time, at that very time included
    /// @param self The history
    /// @param time The time
    /// @return change The change; all zero where there is none
    function upTo(History storage self, uint48 time)
        internal
        view
        returns (IStatuses.StatusChange memory change)
    {
        uint256 page = self.recent;
        uint256 left = self.earlier.length;
        while (true) {
            for (; page != 0; page >>= _BITS) {
                change = _unpack(page);
                if (change.time <= time) return change;
            }
            if (left == 0) return IStatuses.StatusChange(0, IStatuses.Status.None, 0);
            page = self.earlier[--left];
        }
    }

    /// @notice Returns the number of changes
    /// @param self The history
    /// @return How many there are
    function length(History storage self) internal view returns (uint256) {
        return self.earlier.length * _PAGE + _count(self.recent);
    }

    /// @notice Returns changes, oldest first
    /// @param self The history
    /// @param start The first one, from 0
    /// @param count How many at most
    /// @return changes The changes; fewer where there are no more
    function slice(History storage self, uint256 start, uint256 count)
        internal
        view
        returns (IStatuses.StatusChange[] memory changes)
    {
        uint256 total = length(self);
        if (start >= total) return changes;
        changes = new IStatuses.StatusChange[](Math.min(count, total - start));
        uint256 full = self.earlier.length;
        for (uint256 i = 0; i < changes.length; ++i) {
            (uint256 page, uint256 place) = ((start + i) / _PAGE, (start + i) % _PAGE);
            uint256 packed = page < full ? self.earlier[page] : self.recent;
            changes[i] = _unpack(packed >> _BITS * (_count(packed) - 1 - place));
        }
    }

    function _count(uint256 page) private pure returns (uint256 count) {
        for (; page != 0; page >>= _BITS) {
            ++count;
        }
    }

    /// @dev The change in the lowest bits; the casts cut off what is above each part.
    function _unpack(uint256 page) private pure returns (IStatuses.StatusChange memory) {
        // forge-lint: disable-next-item(unsafe-typecast)
        return
            IStatuses.StatusChange(
                uint48(page >> 16), IStatuses.Status(uint8(page >> 8)), uint8(page)
            );
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStatuses} from "../interfaces/IStatuses.sol";

/// @title The changes of one status, four to a slot
/// @notice A change takes 64 bits: its time 48, the status 8, the reason 8. The newest has the lowest
/// bits of `recent`; a full page of four moves to `earlier`, so that the first four changes of a leaf,
/// which are nearly all there ever are, take one slot and reading the newest takes one look.
library StatusHistory {
    using Arrays for uint256[];

    struct History {
        uint256 recent;
        uint256[] earlier;
    }

    uint256 private constant _PAGE = 4;
    uint256 private constant _BITS = 64;
    uint256 private constant _FULL = _BITS * (_PAGE - 1);
    /// @dev Where the time of a full page's oldest change is.
    uint256 private constant _TIME = _FULL + 16;

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
    /// @dev Searches the pages by halves: a reader must be able to ask what an account said within its
    /// term, however often it has spoken since.
    /// @param self The history
    /// @param time The time
    /// @return change The change; all zero where there is none
    function upTo(History storage self, uint48 time)
        internal
        view
        returns (IStatuses.StatusChange memory change)
    {
        uint256 recent = self.recent;
        change = _newest(recent, time);
        if (recent == 0 || change.time != 0) return change;
        // The time of a full page's oldest change is its uppermost bits, and time never goes back: the
        // pages are in ascending order as far as these bits tell.
        uint256 begun = self.earlier.upperBound(uint256(time) << _TIME | type(uint208).max);
        if (begun != 0) change = _newest(self.earlier[begun - 1], time);
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

    /// @dev The newest change of a page up to a time; all zero where there is none.
    function _newest(uint256 page, uint48 time)
        private
        pure
        returns (IStatuses.StatusChange memory change)
    {
        for (; page != 0; page >>= _BITS) {
            change = _unpack(page);
            if (change.time <= time) return change;
        }
        return IStatuses.StatusChange(0, IStatuses.Status.None, 0);
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

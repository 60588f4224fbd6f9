// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title The time of the block, in whichever unit the chain counts
/// @notice Nearly every chain counts seconds; FISCO BCOS counts milliseconds.
/// @dev 48 bits hold either until the year 10889.
library BlockTime {
    /// @notice Above this the chain counts milliseconds: as seconds it is the year 5138, as
    /// milliseconds March 1973
    uint256 internal constant MILLISECONDS_ABOVE = 1e11;

    /// @notice Returns the block's time in the chain's unit
    /// @return The time, cut to 48 bits, which loses nothing for 8,000 years
    function current() internal view returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice Converts a span into the chain's unit
    /// @param secondsLong The span in seconds
    /// @return The span
    function span(uint48 secondsLong) internal view returns (uint48) {
        // No maker of blocks shifts its time by three thousand years.
        // forge-lint: disable-next-line(block-timestamp)
        return block.timestamp > MILLISECONDS_ABOVE ? secondsLong * 1_000 : secondsLong;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IAttestorRegistry} from "../interfaces/IAttestorRegistry.sol";

/// @title Outcomes
/// @notice What the three stages can find.
library Outcomes {
    /// @notice Returns the stage that an outcome belongs to
    /// @param outcome The outcome
    /// @return The stage
    function stageOf(IAttestationRegistry.Outcome outcome)
        internal
        pure
        returns (IAttestorRegistry.Stage)
    {
        if (outcome <= IAttestationRegistry.Outcome.Rejected) {
            return IAttestorRegistry.Stage.PreAssessment;
        }
        return outcome <= IAttestationRegistry.Outcome.Unrestorable
            ? IAttestorRegistry.Stage.Backup
            : IAttestorRegistry.Stage.PostCheck;
    }

    /// @notice Tells whether an outcome lets a transfer go on
    /// @dev Whether the conditions of a conditional approval are kept is not for a contract to see.
    /// @param outcome The outcome
    /// @return Whether it does
    function isFavourable(IAttestationRegistry.Outcome outcome) internal pure returns (bool) {
        return outcome == IAttestationRegistry.Outcome.Approved
            || outcome == IAttestationRegistry.Outcome.Conditional
            || outcome == IAttestationRegistry.Outcome.Restorable
            || outcome == IAttestationRegistry.Outcome.Consistent;
    }
}

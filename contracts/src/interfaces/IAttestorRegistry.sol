// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IAuthorities} from "./IAuthorities.sol";

/// @title Who may attest
/// @notice The keys that each jurisdiction's authority accredits: by whom controlled, for which stages,
/// from when until when. What was true at a time stays answerable: nothing is rewritten, everything is
/// added.
/// @dev Times are the chain's own: seconds nearly everywhere, milliseconds on some. A period includes
/// its beginning and not its end.
interface IAttestorRegistry is IAuthorities {
    /// @notice What an attestor may speak about
    enum Stage {
        PreAssessment,
        Backup,
        PostCheck
    }

    /// @notice How a key stands after a change
    enum Standing {
        None,
        Accredited,
        Suspended,
        Revoked,
        Compromised
    }

    /// @notice One change of a key's accreditation
    struct Change {
        /// The block time of the change
        uint48 time;
        /// How the key stands from then on
        Standing standing;
        /// The authority's reason, of a list of its own; 0 where it gives none
        uint8 reason;
        /// Accredited: the stages, bit 0 for pre-assessment, 1 for backup, 2 for post-check
        uint8 stages;
        /// Accredited: when it begins. Compromised: the date from which nothing holds
        uint48 from;
        /// Accredited: when it ends
        uint48 until;
        /// Accredited: the account that acts for the key
        address controller;
    }

    /// @notice Emitted when a key has been accredited, for the first time or on other terms
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param controller The account that acts for the key
    /// @param stages Bit 0 for pre-assessment, 1 for backup, 2 for post-check
    /// @param from When it begins
    /// @param until When it ends
    event KeyAccredited(
        bytes2 indexed jurisdiction,
        bytes32 indexed key,
        address indexed controller,
        uint8 stages,
        uint48 from,
        uint48 until
    );

    /// @notice Emitted when a key has been suspended
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param reason The authority's reason
    event KeySuspended(bytes2 indexed jurisdiction, bytes32 indexed key, uint8 reason);

    /// @notice Emitted when a suspension has been lifted
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param reason The authority's reason
    event KeyReinstated(bytes2 indexed jurisdiction, bytes32 indexed key, uint8 reason);

    /// @notice Emitted when a key's accreditation has been revoked
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param reason The authority's reason
    event KeyRevoked(bytes2 indexed jurisdiction, bytes32 indexed key, uint8 reason);

    /// @notice Emitted when a key's accreditation has been revoked for compromise
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param reason The authority's reason
    /// @param since From when on nothing holds that the key signed
    event KeyCompromised(
        bytes2 indexed jurisdiction, bytes32 indexed key, uint8 reason, uint48 since
    );

    /// @notice Thrown when a key is zero
    error ZeroKey();

    /// @notice Thrown when stages are none, or others than there are
    error InvalidStages(uint8 stages);

    /// @notice Thrown when an accreditation would end before it begins
    error InvalidPeriod(uint48 from, uint48 until);

    /// @notice Thrown when a key's standing does not allow what was asked for
    error WrongStanding(bytes2 jurisdiction, bytes32 key, Standing standing);

    /// @notice Thrown when a compromise is dated later than now, or than it was before
    error InvalidCompromiseDate(uint48 since, uint48 latest);

    /// @notice Accredits a key; by the jurisdiction's authority alone
    /// @dev Never backdated. May be done again for other terms, which replace the present ones from
    /// their beginning on, so that a renewal for next year leaves this year as it is.
    /// @param jurisdiction The jurisdiction
    /// @param key The key's RFC 7638 thumbprint
    /// @param controller The account that acts for the key
    /// @param stages Bit 0 for pre-assessment, 1 for backup, 2 for post-check
    /// @param from When it begins; now where that is later
    /// @param until When it ends
    function accredit(
        bytes2 jurisdiction,
        bytes32 key,
        address controller,
        uint8 stages,
        uint48 from,
        uint48 until
    ) external;

    /// @notice Suspends a key; by the jurisdiction's authority alone
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param reason The authority's reason
    function suspend(bytes2 jurisdiction, bytes32 key, uint8 reason) external;

    /// @notice Lifts a suspension; by the jurisdiction's authority alone
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param reason The authority's reason
    function reinstate(bytes2 jurisdiction, bytes32 key, uint8 reason) external;

    /// @notice Revokes a key's accreditation from now on; by the jurisdiction's authority alone
    /// @dev What was true before stays true. The key may be accredited anew.
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param reason The authority's reason
    function revoke(bytes2 jurisdiction, bytes32 key, uint8 reason) external;

    /// @notice Revokes a key's accreditation from a past date on, for someone else may have used it
    /// since; by the jurisdiction's authority alone
    /// @dev Final: the key is never accredited again, and the date may only move back. Compare it with
    /// a block's time, for what a compromised key says of time itself is worth nothing.
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param reason The authority's reason
    /// @param since From when on nothing holds that the key signed
    function revokeCompromised(bytes2 jurisdiction, bytes32 key, uint8 reason, uint48 since)
        external;

    /// @notice Tells whether a key was accredited for a stage at a time
    /// @dev As it was then: what was changed later changes nothing, but for a compromise, which cuts
    /// off everything from its date on. False for a time that has not come. A time within the present
    /// block is answered for good only once the block is over.
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param stage The stage
    /// @param time The time, such as that of the block with an attestation's first anchor
    /// @return Whether it was
    function isAccredited(bytes2 jurisdiction, bytes32 key, Stage stage, uint48 time)
        external
        view
        returns (bool);

    /// @notice Returns the account that acted for a key at a time
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param time The time
    /// @return The account, whether the key was suspended then or not; zero where it was not accredited
    function controllerAt(bytes2 jurisdiction, bytes32 key, uint48 time)
        external
        view
        returns (address);

    /// @notice Returns how a key stands now, whichever its period
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @return How it stands after the last change
    function standingOf(bytes2 jurisdiction, bytes32 key) external view returns (Standing);

    /// @notice Returns how often a key's accreditation has changed
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @return The number of changes
    function historyLength(bytes2 jurisdiction, bytes32 key) external view returns (uint256);

    /// @notice Returns changes of a key's accreditation, oldest first
    /// @param jurisdiction The jurisdiction
    /// @param key The key
    /// @param start The first one, from 0
    /// @param count How many at most
    /// @return The changes; fewer where there are no more
    function history(bytes2 jurisdiction, bytes32 key, uint256 start, uint256 count)
        external
        view
        returns (Change[] memory);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title Who accredits
/// @notice One accreditation authority for each jurisdiction, and everyone who was it before.
/// @dev Times are the chain's own: seconds nearly everywhere, milliseconds on some. A term includes its
/// beginning and not its end.
interface IAuthorities {
    /// @notice The time for which an authority stood, or stands, for a jurisdiction
    struct Term {
        /// The authority
        address holder;
        /// When it began
        uint48 from;
        /// When it ended; the largest number while it lasts
        uint48 until;
    }

    /// @notice Emitted when an authority's term has begun
    /// @param jurisdiction The jurisdiction
    /// @param authority The account
    event AuthorityAppointed(bytes2 indexed jurisdiction, address indexed authority);

    /// @notice Emitted when the admin has announced who will stand in for a standing authority
    /// @param jurisdiction The jurisdiction
    /// @param authority The account
    /// @param notBefore From when on anyone may complete the appointment
    event AuthorityAnnounced(
        bytes2 indexed jurisdiction, address indexed authority, uint48 notBefore
    );

    /// @notice Emitted when the admin has dropped what it had announced
    /// @param jurisdiction The jurisdiction
    /// @param authority The account
    event AnnouncementCancelled(bytes2 indexed jurisdiction, address indexed authority);

    /// @notice Emitted when an authority has offered its place; the zero address takes an offer back
    /// @param jurisdiction The jurisdiction
    /// @param authority The account
    event AuthorityOffered(bytes2 indexed jurisdiction, address indexed authority);

    /// @notice Thrown when a jurisdiction is not two capital letters (ISO 3166-1 alpha-2)
    error InvalidJurisdiction(bytes2 jurisdiction);

    /// @notice Thrown when an authority or a controller would be the zero address
    error ZeroAddress();

    /// @notice Thrown when an authority would be appointed that stands already
    error AlreadyAuthority(bytes2 jurisdiction, address authority);

    /// @notice Thrown when someone else than the jurisdiction's authority calls
    error NotAuthority(bytes2 jurisdiction, address caller);

    /// @notice Thrown when someone else takes an authority's place than it was offered to
    error NotOffered(bytes2 jurisdiction, address caller);

    /// @notice Thrown when an offered place is taken before its holder has stood for the shortest term
    error TermTooShort(uint48 notBefore);

    /// @notice Thrown when the admin would shorten the delay with which its place moves
    error DelayTooShort(uint48 delay, uint48 least);

    /// @notice Thrown when nothing was announced for a jurisdiction
    error NothingAnnounced(bytes2 jurisdiction);

    /// @notice Thrown when an announced appointment is completed before its time
    error AppointmentNotDue(uint48 notBefore);

    /// @notice Appoints the authority of a jurisdiction; by the admin alone
    /// @dev Takes effect at once where none stands. Where one does, it is announced, and everybody has
    /// `APPOINTMENT_DELAY` to see it; another announcement replaces the first and waits anew.
    /// @param jurisdiction ISO 3166-1 alpha-2, two capital letters
    /// @param authority Who is to stand for it
    function appointAuthority(bytes2 jurisdiction, address authority) external;

    /// @notice Drops an announced appointment; by the admin alone
    /// @param jurisdiction The jurisdiction
    function cancelAppointment(bytes2 jurisdiction) external;

    /// @notice Completes an announced appointment once its time has come; by anyone
    /// @param jurisdiction The jurisdiction
    function completeAppointment(bytes2 jurisdiction) external;

    /// @notice Offers the authority's place to another; by the authority alone
    /// @dev An announced appointment stands: an authority that is being replaced cannot hand itself on
    /// to escape it.
    /// @param jurisdiction The jurisdiction
    /// @param authority Who may take the place; the zero address takes the offer back
    function offerAuthority(bytes2 jurisdiction, address authority) external;

    /// @notice Takes the place that was offered; by the one it was offered to
    /// @dev Once its holder has stood for `SHORTEST_TERM`: each term makes a jurisdiction's last word
    /// dearer to find, for everyone and for good.
    /// @param jurisdiction The jurisdiction
    function acceptAuthority(bytes2 jurisdiction) external;

    /// @notice Returns who stands for a jurisdiction
    /// @param jurisdiction The jurisdiction
    /// @return The authority, or zero
    function authorityOf(bytes2 jurisdiction) external view returns (address);

    /// @notice Returns for how many jurisdictions an account stands
    /// @param account Any account
    /// @return The number of jurisdictions
    function authorityCount(address account) external view returns (uint256);

    /// @notice Returns everyone who ever stood for a jurisdiction, oldest first
    /// @param jurisdiction The jurisdiction
    /// @return The terms, without a gap between them
    function terms(bytes2 jurisdiction) external view returns (Term[] memory);

    /// @notice Returns what the admin has announced
    /// @param jurisdiction The jurisdiction
    /// @return authority Who is to stand for it; zero where nothing is announced
    /// @return notBefore From when on anyone may complete it
    function announcedAuthority(bytes2 jurisdiction)
        external
        view
        returns (address authority, uint48 notBefore);

    /// @notice Returns whom the authority has offered its place to
    /// @param jurisdiction The jurisdiction
    /// @return The account; zero where the place is not offered
    function offeredAuthority(bytes2 jurisdiction) external view returns (address);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IAuthorities} from "../interfaces/IAuthorities.sol";
import {BlockTime} from "../libraries/BlockTime.sol";

/// @title The accreditation authorities
/// @notice Who stands for which jurisdiction, and who stood for it before.
/// @dev The admin's own place moves in two steps, with a delay, by OpenZeppelin's rules; its other
/// roles mean nothing here. `Ownable2Step` would be shorter, but has no delay: a stolen admin key
/// would move the registry in one block.
abstract contract Authorities is IAuthorities, AccessControlDefaultAdminRules {
    struct Jurisdiction {
        Term[] terms;
        address announced;
        uint48 notBefore;
        address offered;
    }

    /// @notice How long the admin's place waits to move, in seconds
    uint48 public constant ADMIN_DELAY = 2 days;

    /// @notice How long an announced appointment waits, in seconds
    uint48 public constant APPOINTMENT_DELAY = 2 days;

    /// @notice How long an authority stands at least before another takes the place it offers, in
    /// seconds
    /// @dev Whoever asks for a jurisdiction's last word goes through its terms: two accounts that hand
    /// a place to and fro must not make that cost more than a block has.
    uint48 public constant SHORTEST_TERM = 1 days;

    uint48 private constant _ADMIN_DELAY_INCREASE_WAIT = 5 days;
    uint48 private constant _LASTING = type(uint48).max;

    mapping(bytes2 jurisdiction => Jurisdiction) private _jurisdictions;
    mapping(address account => uint256) private _standing;

    modifier onlyAuthority(bytes2 jurisdiction) {
        if (authorityOf(jurisdiction) != msg.sender) {
            revert NotAuthority(jurisdiction, msg.sender);
        }
        _;
    }

    constructor(address admin) AccessControlDefaultAdminRules(BlockTime.span(ADMIN_DELAY), admin) {}

    /// @inheritdoc IAuthorities
    function appointAuthority(bytes2 jurisdiction, address authority)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        _checkJurisdiction(jurisdiction);
        if (authority == address(0)) revert ZeroAddress();
        address standing = authorityOf(jurisdiction);
        if (authority == standing) revert AlreadyAuthority(jurisdiction, authority);
        if (standing == address(0)) {
            _begin(jurisdiction, authority);
            return;
        }
        uint48 notBefore = BlockTime.current() + BlockTime.span(APPOINTMENT_DELAY);
        Jurisdiction storage place = _jurisdictions[jurisdiction];
        place.announced = authority;
        place.notBefore = notBefore;
        emit AuthorityAnnounced(jurisdiction, authority, notBefore);
    }

    /// @inheritdoc IAuthorities
    function cancelAppointment(bytes2 jurisdiction) external onlyRole(DEFAULT_ADMIN_ROLE) {
        address announced = _announced(jurisdiction);
        _forget(jurisdiction);
        emit AnnouncementCancelled(jurisdiction, announced);
    }

    /// @inheritdoc IAuthorities
    function completeAppointment(bytes2 jurisdiction) external {
        address announced = _announced(jurisdiction);
        uint48 notBefore = _jurisdictions[jurisdiction].notBefore;
        if (BlockTime.current() < notBefore) revert AppointmentNotDue(notBefore);
        _forget(jurisdiction);
        _begin(jurisdiction, announced);
    }

    /// @inheritdoc IAuthorities
    function offerAuthority(bytes2 jurisdiction, address authority)
        external
        onlyAuthority(jurisdiction)
    {
        if (authority == msg.sender) revert AlreadyAuthority(jurisdiction, authority);
        _jurisdictions[jurisdiction].offered = authority;
        emit AuthorityOffered(jurisdiction, authority);
    }

    /// @inheritdoc IAuthorities
    function acceptAuthority(bytes2 jurisdiction) external {
        if (_jurisdictions[jurisdiction].offered != msg.sender) {
            revert NotOffered(jurisdiction, msg.sender);
        }
        Term[] storage list = _jurisdictions[jurisdiction].terms;
        uint48 notBefore = list[list.length - 1].from + BlockTime.span(SHORTEST_TERM);
        if (BlockTime.current() < notBefore) revert TermTooShort(notBefore);
        // Where the admin has announced the same account, there is nothing left to complete.
        if (_jurisdictions[jurisdiction].announced == msg.sender) _forget(jurisdiction);
        _begin(jurisdiction, msg.sender);
    }

    /// @inheritdoc IAuthorities
    function authorityCount(address account) external view returns (uint256) {
        return _standing[account];
    }

    /// @inheritdoc IAuthorities
    function terms(bytes2 jurisdiction) external view returns (Term[] memory) {
        return _jurisdictions[jurisdiction].terms;
    }

    /// @inheritdoc IAuthorities
    function announcedAuthority(bytes2 jurisdiction)
        external
        view
        returns (address authority, uint48 notBefore)
    {
        Jurisdiction storage place = _jurisdictions[jurisdiction];
        return (place.announced, place.notBefore);
    }

    /// @inheritdoc IAuthorities
    function offeredAuthority(bytes2 jurisdiction) external view returns (address) {
        return _jurisdictions[jurisdiction].offered;
    }

    /// @inheritdoc IAuthorities
    function authorityOf(bytes2 jurisdiction) public view returns (address) {
        Term[] storage list = _jurisdictions[jurisdiction].terms;
        return list.length == 0 ? address(0) : list[list.length - 1].holder;
    }

    /// @notice Returns how long a longer delay waits at most before it counts, in the chain's unit
    /// @return Five days
    function defaultAdminDelayIncreaseWait() public view override returns (uint48) {
        return BlockTime.span(_ADMIN_DELAY_INCREASE_WAIT);
    }

    /// @dev `ADMIN_DELAY` is what everyone was promised: an admin may wait longer, not shorter.
    function _changeDefaultAdminDelay(uint48 newDelay) internal override {
        uint48 least = BlockTime.span(ADMIN_DELAY);
        if (newDelay < least) revert DelayTooShort(newDelay, least);
        super._changeDefaultAdminDelay(newDelay);
    }

    /// @dev Ends the standing term, if any, where the next begins. An offer dies with its maker's
    /// term: the one it was made to must not push a successor out.
    function _begin(bytes2 jurisdiction, address authority) private {
        Jurisdiction storage place = _jurisdictions[jurisdiction];
        uint48 time = BlockTime.current();
        uint256 count = place.terms.length;
        if (count != 0) {
            Term storage last = place.terms[count - 1];
            last.until = time;
            --_standing[last.holder];
        }
        delete place.offered;
        place.terms.push(Term(authority, time, _LASTING));
        ++_standing[authority];
        emit AuthorityAppointed(jurisdiction, authority);
    }

    function _forget(bytes2 jurisdiction) private {
        Jurisdiction storage place = _jurisdictions[jurisdiction];
        delete place.announced;
        delete place.notBefore;
    }

    function _announced(bytes2 jurisdiction) private view returns (address announced) {
        announced = _jurisdictions[jurisdiction].announced;
        if (announced == address(0)) revert NothingAnnounced(jurisdiction);
    }

    function _checkJurisdiction(bytes2 jurisdiction) private pure {
        if (!_isCapital(jurisdiction[0]) || !_isCapital(jurisdiction[1])) {
            revert InvalidJurisdiction(jurisdiction);
        }
    }

    function _isCapital(bytes1 letter) private pure returns (bool) {
        return letter >= "A" && letter <= "Z";
    }
}

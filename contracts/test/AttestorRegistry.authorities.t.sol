// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {AttestorRegistry} from "../src/AttestorRegistry.sol";
import {IAuthorities} from "../src/interfaces/IAuthorities.sol";
import {TrustFixture} from "./TrustFixture.sol";
import {vm} from "./Vm.sol";

contract AttestorRegistryAuthoritiesTest is TrustFixture {
    address private constant _NEXT = address(0x2E87);
    uint48 private constant _LASTING = type(uint48).max;
    bytes2 private constant _EU = "EU";

    function setUp() public {
        _setUpTrust();
    }

    // Appointing

    function test_appointAuthority_whereNoneStands_takesEffectAtOnce() public {
        vm.expectEmit(address(attestors));
        emit IAuthorities.AuthorityAppointed(_EU, _NEXT);
        _appoint(_EU, _NEXT);
        vm.assertEq(attestors.authorityOf(_EU), _NEXT, "authority");
        vm.assertEq(attestors.authorityCount(_NEXT), 1, "count");
        IAuthorities.Term[] memory terms = attestors.terms(_EU);
        vm.assertEq(terms.length, 1, "one term");
        _assertTerm(terms[0], _NEXT, START, _LASTING);
    }

    function test_appointAuthority_whereOneStands_waits() public {
        vm.expectEmit(address(attestors));
        emit IAuthorities.AuthorityAnnounced(HK, _NEXT, START + 2 days);
        _appoint(HK, _NEXT);
        vm.assertEq(attestors.authorityOf(HK), HK_AUTHORITY, "nothing has changed");
        _assertAnnounced(_NEXT, START + 2 days);

        vm.warp(START + 2 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorities.AppointmentNotDue.selector, START + 2 days)
        );
        attestors.completeAppointment(HK);

        vm.warp(START + 2 days);
        vm.prank(STRANGER);
        attestors.completeAppointment(HK);
        vm.assertEq(attestors.authorityOf(HK), _NEXT, "now it has");
        _assertAnnounced(address(0), 0);
        IAuthorities.Term[] memory terms = attestors.terms(HK);
        vm.assertEq(terms.length, 2, "two terms");
        _assertTerm(terms[0], HK_AUTHORITY, APPOINTED, START + 2 days);
        _assertTerm(terms[1], _NEXT, START + 2 days, _LASTING);
        vm.assertEq(attestors.authorityCount(HK_AUTHORITY), 0, "count of the old one");
        vm.assertEq(attestors.authorityCount(_NEXT), 1, "count of the new one");
    }

    function test_appointAuthority_again_waitsAnew() public {
        _appoint(HK, _NEXT);
        vm.warp(START + 1 days);
        _appoint(HK, address(0x3));
        _assertAnnounced(address(0x3), START + 3 days);
    }

    function test_appointAuthority_milliseconds_waitsTheSameTime() public {
        uint48 start = START * 1_000;
        vm.warp(start);
        _appoint(HK, _NEXT);
        _assertAnnounced(_NEXT, start + 2 days * 1_000);
    }

    function test_appointAuthority_byAnotherThanTheAdmin_reverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, HK_AUTHORITY, bytes32(0)
            )
        );
        vm.prank(HK_AUTHORITY);
        attestors.appointAuthority(_EU, _NEXT);
    }

    function test_appointAuthority_ofNoJurisdiction_reverts() public {
        bytes2[6] memory wrong = [bytes2("hk"), "H", "H1", "@A", "A[", ""];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAuthorities.InvalidJurisdiction.selector, wrong[i])
            );
            _appoint(wrong[i], _NEXT);
        }
        _appoint("AZ", _NEXT);
        _appoint("ZA", _NEXT);
        vm.assertEq(attestors.authorityCount(_NEXT), 2, "one may stand for two");
    }

    function test_appointAuthority_nobody_reverts() public {
        vm.expectRevert(IAuthorities.ZeroAddress.selector);
        _appoint(_EU, address(0));
        vm.expectRevert(IAuthorities.ZeroAddress.selector);
        _appoint(HK, address(0));
    }

    function test_appointAuthority_thatStands_reverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorities.AlreadyAuthority.selector, HK, HK_AUTHORITY)
        );
        _appoint(HK, HK_AUTHORITY);
    }

    function test_cancelAppointment_dropsIt() public {
        _appoint(HK, _NEXT);
        vm.expectEmit(address(attestors));
        emit IAuthorities.AnnouncementCancelled(HK, _NEXT);
        vm.prank(REGISTRAR);
        attestors.cancelAppointment(HK);
        vm.warp(START + 2 days);
        vm.expectRevert(abi.encodeWithSelector(IAuthorities.NothingAnnounced.selector, HK));
        attestors.completeAppointment(HK);
        vm.expectRevert(abi.encodeWithSelector(IAuthorities.NothingAnnounced.selector, HK));
        vm.prank(REGISTRAR);
        attestors.cancelAppointment(HK);
    }

    function test_cancelAppointment_byAnotherThanTheAdmin_reverts() public {
        _appoint(HK, _NEXT);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, HK_AUTHORITY, bytes32(0)
            )
        );
        vm.prank(HK_AUTHORITY);
        attestors.cancelAppointment(HK);
    }

    // Handing on

    function test_offerAuthority_accepted_handsOn() public {
        vm.warp(START + 5);
        vm.expectEmit(address(attestors));
        emit IAuthorities.AuthorityOffered(HK, _NEXT);
        vm.prank(HK_AUTHORITY);
        attestors.offerAuthority(HK, _NEXT);
        vm.assertEq(attestors.offeredAuthority(HK), _NEXT, "offered");
        vm.assertEq(attestors.authorityOf(HK), HK_AUTHORITY, "nothing has changed");
        vm.warp(START + 9);
        vm.prank(_NEXT);
        attestors.acceptAuthority(HK);
        vm.assertEq(attestors.authorityOf(HK), _NEXT, "now it has");
        vm.assertEq(attestors.offeredAuthority(HK), address(0), "nothing is offered");
        _assertTerm(attestors.terms(HK)[0], HK_AUTHORITY, APPOINTED, START + 9);
        _assertTerm(attestors.terms(HK)[1], _NEXT, START + 9, _LASTING);
    }

    function test_offerAuthority_byAnotherThanTheAuthority_reverts() public {
        address[3] memory others = [REGISTRAR, CN_AUTHORITY, STRANGER];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAuthorities.NotAuthority.selector, HK, others[i])
            );
            vm.prank(others[i]);
            attestors.offerAuthority(HK, _NEXT);
        }
    }

    function test_offerAuthority_toItself_reverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorities.AlreadyAuthority.selector, HK, HK_AUTHORITY)
        );
        vm.prank(HK_AUTHORITY);
        attestors.offerAuthority(HK, HK_AUTHORITY);
    }

    function test_acceptAuthority_notOffered_reverts() public {
        _expectNotOffered(STRANGER);
        vm.prank(STRANGER);
        attestors.acceptAuthority(HK);
        // Nobody can call from the zero address, which is what stands where nothing is offered.
        vm.startPrank(HK_AUTHORITY);
        attestors.offerAuthority(HK, _NEXT);
        attestors.offerAuthority(HK, address(0));
        vm.stopPrank();
        _expectNotOffered(_NEXT);
        vm.prank(_NEXT);
        attestors.acceptAuthority(HK);
    }

    /// @dev Or two accounts could hand a place to and fro until asking for its last word takes more gas
    /// than a block has.
    function test_acceptAuthority_beforeTheShortestTerm_reverts() public {
        _handOn(HK, _NEXT);
        vm.prank(_NEXT);
        attestors.offerAuthority(HK, HK_AUTHORITY);
        vm.warp(START + 1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IAuthorities.TermTooShort.selector, START + 1 days));
        vm.prank(HK_AUTHORITY);
        attestors.acceptAuthority(HK);
        vm.warp(START + 1 days);
        vm.prank(HK_AUTHORITY);
        attestors.acceptAuthority(HK);
        vm.assertEq(attestors.terms(HK).length, 3, "a term a day");
    }

    function test_acceptAuthority_milliseconds_waitsTheSameTime() public {
        uint48 start = START * 1_000;
        vm.warp(start);
        _appoint(_EU, HK_AUTHORITY);
        vm.prank(HK_AUTHORITY);
        attestors.offerAuthority(_EU, _NEXT);
        vm.warp(start + 1 days * 1_000 - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorities.TermTooShort.selector, start + 1 days * 1_000)
        );
        vm.prank(_NEXT);
        attestors.acceptAuthority(_EU);
        vm.warp(start + 1 days * 1_000);
        vm.prank(_NEXT);
        attestors.acceptAuthority(_EU);
        vm.assertEq(attestors.authorityOf(_EU), _NEXT, "a day");
    }

    function test_acceptAuthority_offeredByOneWhoWasReplaced_reverts() public {
        _appoint(HK, _NEXT);
        vm.prank(HK_AUTHORITY);
        attestors.offerAuthority(HK, STRANGER);
        vm.warp(START + 2 days);
        attestors.completeAppointment(HK);
        _expectNotOffered(STRANGER);
        vm.prank(STRANGER);
        attestors.acceptAuthority(HK);
    }

    function test_completeAppointment_afterHandingOn_replacesAllTheSame() public {
        _appoint(HK, _NEXT);
        _handOn(HK, STRANGER);
        vm.warp(START + 2 days);
        attestors.completeAppointment(HK);
        vm.assertEq(attestors.authorityOf(HK), _NEXT, "no escape");
    }

    function test_acceptAuthority_byTheOneAnnounced_leavesNothingToComplete() public {
        _appoint(HK, _NEXT);
        _handOn(HK, _NEXT);
        _assertAnnounced(address(0), 0);
        vm.assertEq(attestors.terms(HK).length, 2, "one new term");
    }

    // The admin

    function test_admin_movesInTwoStepsAfterADelay() public {
        vm.assertEq(attestors.defaultAdmin(), REGISTRAR, "admin");
        vm.prank(REGISTRAR);
        attestors.beginDefaultAdminTransfer(_NEXT);
        vm.warp(START + 2 days);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminDelay.selector,
                START + 2 days
            )
        );
        vm.prank(_NEXT);
        attestors.acceptDefaultAdminTransfer();
        vm.warp(START + 2 days + 1);
        vm.prank(_NEXT);
        attestors.acceptDefaultAdminTransfer();
        vm.assertEq(attestors.defaultAdmin(), _NEXT, "new admin");
    }

    function test_admin_milliseconds_waitsTheSameTime() public {
        vm.assertEq(attestors.defaultAdminDelay(), 2 days, "seconds");
        vm.assertEq(attestors.defaultAdminDelayIncreaseWait(), 5 days, "seconds");
        vm.warp(START * 1_000);
        AttestorRegistry other = new AttestorRegistry(REGISTRAR);
        vm.assertEq(other.defaultAdminDelay(), 2 days * 1_000, "milliseconds");
        vm.assertEq(other.defaultAdminDelayIncreaseWait(), 5 days * 1_000, "milliseconds");
    }

    /// @dev Or whoever steals the key a year later moves the registry in one block.
    function test_admin_cannotShortenItsDelay() public {
        vm.startPrank(REGISTRAR);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorities.DelayTooShort.selector, 2 days - 1, 2 days)
        );
        attestors.changeDefaultAdminDelay(2 days - 1);
        attestors.changeDefaultAdminDelay(3 days);
        vm.warp(START + 3 days + 1);
        vm.assertEq(attestors.defaultAdminDelay(), 3 days, "longer");
        attestors.changeDefaultAdminDelay(2 days);
        vm.stopPrank();
    }

    function test_views_ofAJurisdictionWithoutAuthority_areEmpty() public view {
        vm.assertEq(attestors.authorityOf(NOWHERE), address(0), "authority");
        vm.assertEq(attestors.terms(NOWHERE).length, 0, "terms");
        vm.assertEq(attestors.offeredAuthority(NOWHERE), address(0), "offer");
    }

    function _assertTerm(IAuthorities.Term memory term, address holder, uint48 from, uint48 until)
        private
        pure
    {
        vm.assertEq(term.holder, holder, "holder");
        vm.assertEq(term.from, from, "from");
        vm.assertEq(term.until, until, "until");
    }

    function _assertAnnounced(address expected, uint48 time) private view {
        (address authority, uint48 notBefore) = attestors.announcedAuthority(HK);
        vm.assertEq(authority, expected, "announced");
        vm.assertEq(notBefore, time, "not before");
    }

    function _expectNotOffered(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IAuthorities.NotOffered.selector, HK, caller));
    }
}

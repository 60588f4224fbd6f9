// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {IAuthorities} from "../src/interfaces/IAuthorities.sol";
import {TrustFixture} from "./TrustFixture.sol";
import {vm} from "./Vm.sol";

contract AttestorRegistryAccreditationTest is TrustFixture {
    function setUp() public {
        _setUpTrust();
    }

    // What was true when

    function test_accredit_key_isAccreditedFromThenOn() public {
        vm.expectEmit(address(attestors));
        emit IAttestorRegistry.KeyAccredited(HK, KEY, CONTROLLER, ALL, START, LATER);
        _accredit();
        vm.assertFalse(_isAccredited(START - 1), "not before");
        vm.assertTrue(_isAccredited(START), "from the very block");
        vm.assertFalse(_isAccredited(START + 1), "nobody knows what comes");
        vm.warp(LATER);
        vm.assertTrue(_isAccredited(LATER - 1), "until its end");
        vm.assertFalse(_isAccredited(LATER), "not at its end");
        vm.assertEq(attestors.controllerAt(HK, KEY, START), CONTROLLER, "controller");
        vm.assertEq(attestors.controllerAt(HK, KEY, START - 1), address(0), "nobody's before");
        vm.assertEq(attestors.controllerAt(HK, KEY, LATER), address(0), "nobody's after");
    }

    function test_accredit_eachStage_isItsOwn() public {
        for (uint8 stages = 1; stages <= ALL; ++stages) {
            _accredit(CONTROLLER, stages, 0, LATER);
            for (uint8 stage = 0; stage < 3; ++stage) {
                vm.assertEq(
                    attestors.isAccredited(HK, KEY, IAttestorRegistry.Stage(stage), START),
                    (stages >> stage) & 1 == 1,
                    "stage"
                );
            }
        }
    }

    function test_accredit_forAnotherJurisdiction_isNone() public {
        _accredit();
        vm.assertFalse(
            attestors.isAccredited(CN, KEY, IAttestorRegistry.Stage.PreAssessment, START),
            "another jurisdiction"
        );
        vm.assertFalse(
            attestors.isAccredited(HK, "other", IAttestorRegistry.Stage.PreAssessment, START),
            "another key"
        );
    }

    function test_accredit_backdated_beginsNow() public {
        vm.warp(START + 50);
        _accredit(CONTROLLER, ALL, START, LATER);
        vm.assertFalse(_isAccredited(START + 49), "never before it was said");
        vm.assertTrue(_isAccredited(START + 50), "from then on");
    }

    function test_accredit_renewalForLater_leavesThePresentAsItIs() public {
        _accredit(CONTROLLER, ALL, 0, START + 100);
        _accredit(STRANGER, 2, START + 100, START + 200);
        vm.warp(START + 300);
        vm.assertTrue(_isAccredited(START + 99), "the first until its end");
        vm.assertEq(attestors.controllerAt(HK, KEY, START + 99), CONTROLLER, "its controller");
        vm.assertFalse(_isAccredited(START + 100), "the second has other stages");
        vm.assertTrue(
            attestors.isAccredited(HK, KEY, IAttestorRegistry.Stage.Backup, START + 100), "these"
        );
        vm.assertEq(attestors.controllerAt(HK, KEY, START + 100), STRANGER, "its controller");
        vm.assertFalse(
            attestors.isAccredited(HK, KEY, IAttestorRegistry.Stage.Backup, START + 200), "the end"
        );
    }

    function test_accredit_otherTermsAtOnce_replaceFromThenOn() public {
        _accredit();
        vm.warp(START + 10);
        _accredit(STRANGER, 1, 0, START + 20);
        vm.warp(START + 30);
        vm.assertEq(attestors.controllerAt(HK, KEY, START + 9), CONTROLLER, "before");
        vm.assertEq(attestors.controllerAt(HK, KEY, START + 10), STRANGER, "after");
        vm.assertFalse(_isAccredited(START + 20), "the shorter term ends");
    }

    function test_suspend_thenReinstate_isAGap() public {
        _accredit();
        vm.warp(START + 10);
        vm.expectEmit(address(attestors));
        emit IAttestorRegistry.KeySuspended(HK, KEY, REASON);
        vm.prank(HK_AUTHORITY);
        attestors.suspend(HK, KEY, REASON);
        vm.assertFalse(_isAccredited(START + 10), "suspended");
        vm.assertEq(attestors.controllerAt(HK, KEY, START + 10), CONTROLLER, "still acts");
        vm.warp(START + 20);
        vm.expectEmit(address(attestors));
        emit IAttestorRegistry.KeyReinstated(HK, KEY, REASON);
        vm.prank(HK_AUTHORITY);
        attestors.reinstate(HK, KEY, REASON);
        vm.assertTrue(_isAccredited(START + 9), "before");
        vm.assertFalse(_isAccredited(START + 19), "the gap stays");
        vm.assertTrue(_isAccredited(START + 20), "after");
        vm.warp(LATER);
        vm.assertFalse(_isAccredited(LATER), "the period is what it was");
    }

    function test_revoke_laterRevocation_doesNotRewriteThePast() public {
        _accredit();
        vm.warp(START + 10);
        vm.expectEmit(address(attestors));
        emit IAttestorRegistry.KeyRevoked(HK, KEY, REASON);
        vm.prank(HK_AUTHORITY);
        attestors.revoke(HK, KEY, REASON);
        vm.assertTrue(_isAccredited(START + 9), "was true then");
        vm.assertFalse(_isAccredited(START + 10), "revoked");
        vm.assertEq(attestors.controllerAt(HK, KEY, START + 10), address(0), "acts no more");
        vm.warp(START + 20);
        _accredit();
        vm.assertFalse(_isAccredited(START + 19), "revoked until then");
        vm.assertTrue(_isAccredited(START + 20), "accredited anew");
    }

    function test_revoke_ofARenewalForLater_revokesThatToo() public {
        _accredit(CONTROLLER, ALL, 0, START + 100);
        _accredit(CONTROLLER, ALL, START + 100, START + 200);
        vm.prank(HK_AUTHORITY);
        attestors.revoke(HK, KEY, REASON);
        vm.warp(START + 150);
        vm.assertFalse(_isAccredited(START + 150), "revoked");
    }

    function test_revoke_whileSuspended_revokes() public {
        _accredit();
        vm.startPrank(HK_AUTHORITY);
        attestors.suspend(HK, KEY, REASON);
        attestors.revoke(HK, KEY, REASON);
        vm.stopPrank();
        _assertStanding(IAttestorRegistry.Standing.Revoked);
    }

    function test_revokeCompromised_cutsThePastAtItsDate() public {
        _accredit();
        vm.warp(START + 100);
        vm.expectEmit(address(attestors));
        emit IAttestorRegistry.KeyCompromised(HK, KEY, REASON, START + 40);
        _compromise(START + 40);
        vm.assertTrue(_isAccredited(START + 39), "before the date");
        vm.assertFalse(_isAccredited(START + 40), "at the date");
        vm.assertFalse(_isAccredited(START + 99), "after it");
        vm.assertEq(attestors.controllerAt(HK, KEY, START + 40), address(0), "nobody acts");
    }

    function test_revokeCompromised_again_onlyMovesBack() public {
        _accredit();
        vm.warp(START + 100);
        _compromise(START + 40);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestorRegistry.InvalidCompromiseDate.selector, START + 40, START + 39
            )
        );
        _compromise(START + 40);
        _compromise(START + 20);
        vm.assertTrue(_isAccredited(START + 19), "before the earlier date");
        vm.assertFalse(_isAccredited(START + 20), "at the earlier date");
    }

    function test_revokeCompromised_afterARevocation_cutsWhatWasTrue() public {
        _accredit();
        vm.warp(START + 50);
        vm.prank(HK_AUTHORITY);
        attestors.revoke(HK, KEY, REASON);
        vm.assertTrue(_isAccredited(START + 30), "true then");
        _compromise(START + 30);
        vm.assertFalse(_isAccredited(START + 30), "not any more");
        vm.assertTrue(_isAccredited(START + 29), "before the date");
    }

    function test_revokeCompromised_dateThatCannotBe_reverts() public {
        _accredit();
        uint48[2] memory dates = [uint48(0), START + 1];
        for (uint256 i = 0; i < dates.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAttestorRegistry.InvalidCompromiseDate.selector, dates[i], START
                )
            );
            _compromise(dates[i]);
        }
    }

    // What is refused

    function test_changes_byAnotherThanTheAuthority_revert() public {
        _accredit();
        address[3] memory others = [REGISTRAR, CN_AUTHORITY, CONTROLLER];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory problem =
                abi.encodeWithSelector(IAuthorities.NotAuthority.selector, HK, others[i]);
            vm.startPrank(others[i]);
            vm.expectRevert(problem);
            attestors.accredit(HK, KEY, others[i], ALL, 0, LATER);
            vm.expectRevert(problem);
            attestors.suspend(HK, KEY, REASON);
            vm.expectRevert(problem);
            attestors.reinstate(HK, KEY, REASON);
            vm.expectRevert(problem);
            attestors.revoke(HK, KEY, REASON);
            vm.expectRevert(problem);
            attestors.revokeCompromised(HK, KEY, REASON, START);
            vm.stopPrank();
        }
    }

    function test_accredit_byTheAuthorityOfBefore_reverts() public {
        _handOn(HK, STRANGER);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorities.NotAuthority.selector, HK, HK_AUTHORITY)
        );
        _accredit();
    }

    function test_accredit_whereNobodyStands_reverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorities.NotAuthority.selector, NOWHERE, STRANGER)
        );
        vm.prank(STRANGER);
        attestors.accredit(NOWHERE, KEY, CONTROLLER, ALL, 0, LATER);
    }

    function test_accredit_termsThatCannotBe_revert() public {
        vm.expectRevert(IAuthorities.ZeroAddress.selector);
        _accredit(address(0), ALL, 0, LATER);
        vm.expectRevert(IAttestorRegistry.ZeroKey.selector);
        vm.prank(HK_AUTHORITY);
        attestors.accredit(HK, 0, CONTROLLER, ALL, 0, LATER);
        uint8[2] memory stages = [0, 8];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAttestorRegistry.InvalidStages.selector, stages[i])
            );
            _accredit(CONTROLLER, stages[i], 0, LATER);
        }
        vm.expectRevert(
            abi.encodeWithSelector(IAttestorRegistry.InvalidPeriod.selector, START, START)
        );
        _accredit(CONTROLLER, ALL, 0, START);
    }

    function test_changes_thatDoNotFitTheStanding_revert() public {
        vm.startPrank(HK_AUTHORITY);
        _expectWrong(IAttestorRegistry.Standing.None);
        attestors.suspend(HK, KEY, REASON);
        _expectWrong(IAttestorRegistry.Standing.None);
        attestors.revoke(HK, KEY, REASON);
        _expectWrong(IAttestorRegistry.Standing.None);
        attestors.revokeCompromised(HK, KEY, REASON, START);
        attestors.accredit(HK, KEY, CONTROLLER, ALL, 0, LATER);
        _expectWrong(IAttestorRegistry.Standing.Accredited);
        attestors.reinstate(HK, KEY, REASON);
        attestors.suspend(HK, KEY, REASON);
        _expectWrong(IAttestorRegistry.Standing.Suspended);
        attestors.suspend(HK, KEY, REASON);
        _expectWrong(IAttestorRegistry.Standing.Suspended);
        attestors.accredit(HK, KEY, CONTROLLER, ALL, 0, LATER);
        attestors.revoke(HK, KEY, REASON);
        _expectWrong(IAttestorRegistry.Standing.Revoked);
        attestors.revoke(HK, KEY, REASON);
        _expectWrong(IAttestorRegistry.Standing.Revoked);
        attestors.reinstate(HK, KEY, REASON);
        attestors.revokeCompromised(HK, KEY, REASON, START);
        _expectWrong(IAttestorRegistry.Standing.Compromised);
        attestors.accredit(HK, KEY, CONTROLLER, ALL, 0, LATER);
        _expectWrong(IAttestorRegistry.Standing.Compromised);
        attestors.revoke(HK, KEY, REASON);
        vm.stopPrank();
    }

    // What is kept

    function test_history_isPagedAndComplete() public {
        _accredit();
        vm.warp(START + 1);
        vm.startPrank(HK_AUTHORITY);
        attestors.suspend(HK, KEY, 1);
        attestors.reinstate(HK, KEY, 2);
        attestors.revokeCompromised(HK, KEY, 3, START + 1);
        vm.stopPrank();
        vm.assertEq(attestors.historyLength(HK, KEY), 4, "length");
        IAttestorRegistry.Change[] memory all = attestors.history(HK, KEY, 0, type(uint256).max);
        vm.assertEq(all.length, 4, "all");
        vm.assertEq(all[0].controller, CONTROLLER, "the grant's controller");
        vm.assertEq(all[0].until, LATER, "and period");
        vm.assertEq(all[1].time, START + 1, "time");
        for (uint8 i = 0; i < 4; ++i) {
            vm.assertEq(all[i].reason, i, "reason");
        }
        vm.assertEq(all[3].from, START + 1, "the compromise's date");
        vm.assertEq(attestors.history(HK, KEY, 1, 2).length, 2, "a page");
        vm.assertEq(attestors.history(HK, KEY, 1, 2)[1].reason, 2, "the page's end");
        vm.assertEq(attestors.history(HK, KEY, 3, 9).length, 1, "the last page");
        vm.assertEq(attestors.history(HK, KEY, 4, 9).length, 0, "beyond");
        _assertStanding(IAttestorRegistry.Standing.Compromised);
    }

    /// @dev What was answered for a time that is past is answered for ever, compromise aside.
    function test_fuzz_isAccredited_past_isNeverRewritten(uint256 seed) public {
        uint256 steps = 8;
        bool[] memory then = new bool[](steps * 4);
        for (uint256 i = 0; i < steps; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _changeSomehow(seed);
            vm.warp(START + (i + 1) * 4);
            for (uint48 j = 0; j < 4; ++j) {
                then[i * 4 + j] = _isAccredited(uint48(START + i * 4 + j));
            }
        }
        for (uint256 j = 0; j < then.length; ++j) {
            vm.assertEq(_isAccredited(uint48(START + j)), then[j], "rewritten");
        }
    }

    function _changeSomehow(uint256 seed) private {
        uint48 time = _now();
        IAttestorRegistry.Standing standing = attestors.standingOf(HK, KEY);
        vm.startPrank(HK_AUTHORITY);
        if (standing == IAttestorRegistry.Standing.Suspended) {
            if (seed % 2 == 0) attestors.reinstate(HK, KEY, 0);
            else attestors.revoke(HK, KEY, 0);
        } else if (standing == IAttestorRegistry.Standing.Accredited && seed % 4 < 2) {
            if (seed % 2 == 0) attestors.suspend(HK, KEY, 0);
            else attestors.revoke(HK, KEY, 0);
        } else {
            uint48 from = time - 8 + uint48((seed >> 8) % 20);
            uint48 until = (from < time ? time : from) + 1 + uint48((seed >> 16) % 30);
            attestors.accredit(HK, KEY, CONTROLLER, uint8(1 + (seed >> 24) % 7), from, until);
        }
        vm.stopPrank();
    }

    function _compromise(uint48 since) private {
        vm.prank(HK_AUTHORITY);
        attestors.revokeCompromised(HK, KEY, REASON, since);
    }

    function _expectWrong(IAttestorRegistry.Standing standing) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAttestorRegistry.WrongStanding.selector, HK, KEY, standing)
        );
    }

    function _assertStanding(IAttestorRegistry.Standing expected) private view {
        vm.assertEq(uint256(attestors.standingOf(HK, KEY)), uint256(expected), "standing");
    }
}

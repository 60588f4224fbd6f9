// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStatuses} from "../src/interfaces/IStatuses.sol";
import {TrustFixture} from "./TrustFixture.sol";
import {vm} from "./Vm.sol";

contract StatusesTest is TrustFixture {
    bytes32 private constant _LEAF = keccak256("leaf");
    address private constant _SUCCESSOR = address(0x55);

    function setUp() public {
        _setUpTrust();
    }

    // What is said and kept

    function test_setStatus_isKeptUnderItsSpeaker() public {
        vm.expectEmit(address(attestations));
        emit IStatuses.StatusChanged(STRANGER, _LEAF, IStatuses.Status.Revoked, REASON);
        _say(STRANGER, IStatuses.Status.Revoked);
        IStatuses.StatusChange memory change = attestations.statusOf(STRANGER, _LEAF);
        vm.assertEq(uint256(change.status), uint256(IStatuses.Status.Revoked), "status");
        vm.assertEq(change.reason, REASON, "reason");
        vm.assertEq(change.time, START, "time");
        _assertStatus(CONTROLLER, IStatuses.Status.None);
        vm.assertEq(attestations.statusHistoryLength(CONTROLLER, _LEAF), 0, "of nobody else");
    }

    function test_setStatus_manyLeaves_saysItOfEach() public {
        bytes32[] memory leaves = new bytes32[](3);
        (leaves[0], leaves[1], leaves[2]) = ("a", "b", "c");
        attestations.setStatus(IStatuses.Status.Suspended, REASON, leaves);
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(
                uint256(attestations.statusOf(address(this), leaves[i]).status),
                uint256(IStatuses.Status.Suspended),
                "each"
            );
        }
    }

    function test_statusAt_answersForThen() public {
        _say(CONTROLLER, IStatuses.Status.Suspended);
        vm.warp(START + 10);
        _say(CONTROLLER, IStatuses.Status.Reinstated);
        _assertAt(START - 1, IStatuses.Status.None);
        _assertAt(START, IStatuses.Status.Suspended);
        _assertAt(START + 9, IStatuses.Status.Suspended);
        _assertAt(START + 10, IStatuses.Status.Reinstated);
        _assertAt(type(uint48).max, IStatuses.Status.Reinstated);
    }

    /// @dev Any number of changes, over any number of pages, read back in any slice.
    function test_fuzz_statusHistory_anySlice_isWhatWasSaid(
        uint8 changes,
        uint256 start,
        uint256 count
    ) public {
        changes %= 14;
        for (uint8 i = 0; i < changes; ++i) {
            vm.warp(START + i);
            vm.prank(CONTROLLER);
            attestations.setStatus(_alternating(i), i, _one(_LEAF));
        }
        vm.assertEq(attestations.statusHistoryLength(CONTROLLER, _LEAF), changes, "length");
        start %= 16;
        uint256 expected = start < changes ? changes - start : 0;
        if (count < expected) expected = count;
        IStatuses.StatusChange[] memory found =
            attestations.statusHistory(CONTROLLER, _LEAF, start, count);
        vm.assertEq(found.length, expected, "a slice's length");
        for (uint256 i = 0; i < expected; ++i) {
            vm.assertEq(found[i].time, START + start + i, "time");
            vm.assertEq(found[i].reason, start + i, "reason");
            vm.assertEq(uint256(found[i].status), uint256(_alternating(start + i)), "status");
        }
        for (uint48 i = 0; i < changes; ++i) {
            _assertAt(START + i, _alternating(i));
        }
        _assertAt(START - 1, IStatuses.Status.None);
        if (changes != 0) _assertStatus(CONTROLLER, _alternating(changes - 1));
    }

    /// @dev Several changes in a block, blocks that begin within a page: the newest up to a time is what
    /// going through all of them finds.
    function test_fuzz_statusAt_anyBlocks_isTheNewestUpToThen(uint8[20] memory pauses, uint8 asked)
        public
    {
        uint48[20] memory times;
        uint48 time = START;
        for (uint8 i = 0; i < 20; ++i) {
            time += pauses[i] % 3;
            times[i] = time;
            vm.warp(time);
            vm.prank(CONTROLLER);
            attestations.setStatus(_alternating(i), i, _one(_LEAF));
        }
        uint48 then = START - 1 + asked % 44;
        IStatuses.StatusChange memory expected;
        for (uint8 i = 0; i < 20; ++i) {
            if (times[i] <= then) expected = IStatuses.StatusChange(times[i], _alternating(i), i);
        }
        IStatuses.StatusChange memory found = attestations.statusAt(CONTROLLER, _LEAF, then);
        vm.assertEq(keccak256(abi.encode(found)), keccak256(abi.encode(expected)), "change");
    }

    function test_setStatus_inMilliseconds_isKeptWhole() public {
        uint48 time = START * 1_000 + 999;
        vm.warp(time);
        _say(CONTROLLER, IStatuses.Status.Stopped);
        vm.assertEq(attestations.statusOf(CONTROLLER, _LEAF).time, time, "time");
    }

    // What can follow what

    function test_setStatus_everyTransition_isAllowedOrRefused() public {
        // From each status (row), which may be said next (bits 1 to 4).
        uint8[5] memory stranger = [0x16, 0x00, 0x0a, 0x16, 0x08];
        uint8[5] memory authority = [0x1e, 0x00, 0x0a, 0x1e, 0x18];
        for (uint256 from = 0; from < 5; ++from) {
            for (uint256 to = 0; to < 5; ++to) {
                _tryTransition(STRANGER, from, to, (stranger[from] >> to) & 1 == 1);
                _tryTransition(HK_AUTHORITY, from, to, (authority[from] >> to) & 1 == 1);
            }
        }
    }

    function test_setStatus_reinstatedOutOfNothing_needsAPresentAuthority() public {
        _expectImpossible(IStatuses.Status.None, IStatuses.Status.Reinstated);
        _say(_SUCCESSOR, IStatuses.Status.Reinstated);
        _handOn(HK, _SUCCESSOR);
        _say(_SUCCESSOR, IStatuses.Status.Reinstated);
        _expectImpossible(IStatuses.Status.None, IStatuses.Status.Reinstated);
        _say(HK_AUTHORITY, IStatuses.Status.Reinstated);
    }

    function test_setStatus_oneImpossibleLeaf_refusesAll() public {
        _say(CONTROLLER, IStatuses.Status.Revoked);
        bytes32[] memory leaves = new bytes32[](2);
        (leaves[0], leaves[1]) = ("another", _LEAF);
        _expectImpossible(IStatuses.Status.Revoked, IStatuses.Status.Revoked);
        vm.prank(CONTROLLER);
        attestations.setStatus(IStatuses.Status.Revoked, REASON, leaves);
        vm.assertEq(attestations.statusHistoryLength(CONTROLLER, "another"), 0, "nothing said");
    }

    function test_setStatus_theSameLeafTwice_isASecondChange() public {
        bytes32[] memory leaves = new bytes32[](2);
        (leaves[0], leaves[1]) = (_LEAF, _LEAF);
        _expectImpossible(IStatuses.Status.Stopped, IStatuses.Status.Stopped);
        attestations.setStatus(IStatuses.Status.Stopped, REASON, leaves);
    }

    /// @dev A fresh leaf, brought to a status the shortest way, then one step more.
    function _tryTransition(address account, uint256 from, uint256 to, bool allowed) private {
        bytes32[] memory leaf = _one(keccak256(abi.encode(account, from, to)));
        vm.startPrank(account);
        if (IStatuses.Status(from) == IStatuses.Status.Reinstated) {
            attestations.setStatus(IStatuses.Status.Suspended, REASON, leaf);
        }
        if (from != 0) attestations.setStatus(IStatuses.Status(from), REASON, leaf);
        if (!allowed) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IStatuses.ImpossibleStatus.selector,
                    leaf[0],
                    IStatuses.Status(from),
                    IStatuses.Status(to)
                )
            );
        }
        attestations.setStatus(IStatuses.Status(to), REASON, leaf);
        vm.stopPrank();
    }

    function _alternating(uint256 i) private pure returns (IStatuses.Status) {
        return i % 2 == 0 ? IStatuses.Status.Suspended : IStatuses.Status.Reinstated;
    }

    function _say(address account, IStatuses.Status status) private {
        vm.prank(account);
        attestations.setStatus(status, REASON, _one(_LEAF));
    }

    function _assertStatus(address account, IStatuses.Status expected) private view {
        IStatuses.Status status = attestations.statusOf(account, _LEAF).status;
        vm.assertEq(uint256(status), uint256(expected), "status");
    }

    function _assertAt(uint48 time, IStatuses.Status expected) private view {
        IStatuses.Status status = attestations.statusAt(CONTROLLER, _LEAF, time).status;
        vm.assertEq(uint256(status), uint256(expected), "status at a time");
    }

    function _expectImpossible(IStatuses.Status from, IStatuses.Status to) private {
        vm.expectRevert(
            abi.encodeWithSelector(IStatuses.ImpossibleStatus.selector, _LEAF, from, to)
        );
    }
}

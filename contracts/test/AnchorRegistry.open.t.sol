// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {LogFixture} from "./LogFixture.sol";
import {vm} from "./Vm.sol";

contract AnchorRegistryOpenTest is LogFixture {
    function test_constructor_withoutSha256_reverts() public {
        vm.mockCall(address(0x02), "", abi.encode(bytes32(uint256(1))));
        vm.expectRevert(IAnchorRegistry.Sha256Unavailable.selector);
        new AnchorRegistry();
    }

    function test_openLog_oneOperator_tellsEverything() public {
        address[] memory operators = _addresses(_keys(1));
        bytes32 id = keccak256(abi.encode(ORIGIN, ADMIN));
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.LogOpened(id, ADMIN, ORIGIN, operators, 1);
        vm.assertEq(_open(ORIGIN, 1, 1), id, "id");
        _assertInfo(id, operators, 1);
    }

    function test_openLog_asManyOperatorsAsAllowed_knowsEachOfThem() public {
        address[] memory operators = _addresses(_keys(16));
        vm.assertEq(registry.MAX_OPERATORS(), 16, "limit");
        _assertInfo(_open(ORIGIN, 16, 16), operators, 16);
    }

    function test_openLog_freshLog_hasTheEmptyHead() public {
        bytes32 id = _open(ORIGIN, 1, 1);
        (uint64 size, bytes32 root, uint64 blockNumber, uint64 blockTime) = registry.head(id);
        vm.assertEq(size, 0, "size");
        vm.assertEq(root, EMPTY_ROOT, "root");
        vm.assertEq(blockNumber, 0, "block");
        vm.assertEq(blockTime, 0, "time");
        vm.assertEq(registry.anchorCommitment(id, 0), 0, "nothing is anchored");
    }

    function test_openLog_originOfAnotherAdmin_isAnotherLog() public {
        bytes32 id = _open(ORIGIN, 1, 1);
        vm.prank(address(0xBAD));
        bytes32 other = registry.openLog(ORIGIN, _addresses(_keys(2)), 2);
        vm.assertTrue(id != other, "another admin, another id");
        vm.assertEq(other, registry.logIdOf(ORIGIN, address(0xBAD)), "the id is theirs");
        _assertInfo(id, _addresses(_keys(1)), 1);
    }

    function test_openLog_twice_reverts() public {
        bytes32 id = _open(ORIGIN, 1, 1);
        address[] memory operators = _addresses(_keys(2));
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.LogAlreadyOpen.selector, id));
        vm.prank(ADMIN);
        registry.openLog(ORIGIN, operators, 2);
    }

    function test_openLog_withoutOrigin_reverts() public {
        address[] memory operators = _addresses(_keys(1));
        vm.expectRevert(IAnchorRegistry.EmptyOrigin.selector);
        registry.openLog("", operators, 1);
    }

    function test_openLog_operatorCountOutOfRange_reverts() public {
        uint256[2] memory counts = [uint256(0), 17];
        for (uint256 i = 0; i < counts.length; ++i) {
            address[] memory operators = _addresses(_keys(counts[i]));
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAnchorRegistry.OperatorCountOutOfRange.selector, counts[i], 16
                )
            );
            registry.openLog(ORIGIN, operators, 1);
        }
    }

    function test_openLog_thresholdOutOfRange_reverts() public {
        address[] memory operators = _addresses(_keys(2));
        uint8[2] memory thresholds = [0, 3];
        for (uint256 i = 0; i < thresholds.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAnchorRegistry.ThresholdOutOfRange.selector, thresholds[i], 2
                )
            );
            registry.openLog(ORIGIN, operators, thresholds[i]);
        }
    }

    function test_openLog_operatorsDescending_reverts() public {
        address[] memory operators = _addresses(_keys(2));
        (operators[0], operators[1]) = (operators[1], operators[0]);
        _expectNotAscending(operators[0], operators[1]);
        registry.openLog(ORIGIN, operators, 1);
    }

    function test_openLog_operatorRepeated_reverts() public {
        address[] memory operators = _addresses(_keys(2));
        operators[1] = operators[0];
        _expectNotAscending(operators[0], operators[0]);
        registry.openLog(ORIGIN, operators, 2);
    }

    function test_openLog_zeroOperator_reverts() public {
        _expectNotAscending(address(0), address(0));
        registry.openLog(ORIGIN, new address[](1), 1);
    }

    function test_views_ofUnknownLog_sayWhatTheyCan() public {
        bytes32 id = keccak256("never opened");
        bytes memory unknown = abi.encodeWithSelector(IAnchorRegistry.UnknownLog.selector, id);
        vm.expectRevert(unknown);
        registry.head(id);
        vm.expectRevert(unknown);
        registry.logInfo(id);
        vm.assertFalse(registry.isOperator(id, vm.addr(1)), "operator of nothing");
        vm.assertEq(registry.anchorCommitment(id, 1), 0, "anchored in nothing");
    }

    function test_fuzz_logIdOf_anyOriginAndAdmin_isTheirHash(string calldata origin, address admin)
        public
        view
    {
        vm.assertEq(registry.logIdOf(origin, admin), keccak256(abi.encode(origin, admin)), "id");
    }

    function _assertInfo(bytes32 id, address[] memory expected, uint8 k) private view {
        (address admin, uint64 epoch, uint8 threshold, address[] memory operators) =
            registry.logInfo(id);
        vm.assertEq(admin, ADMIN, "admin");
        vm.assertEq(epoch, FIRST_EPOCH, "epoch");
        vm.assertEq(threshold, k, "threshold");
        vm.assertEq(operators, expected, "operators");
        for (uint256 i = 0; i < expected.length; ++i) {
            vm.assertTrue(registry.isOperator(id, expected[i]), "each is an operator");
        }
        vm.assertFalse(registry.isOperator(id, ADMIN), "the admin is none by itself");
    }

    function _expectNotAscending(address previous, address next) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.NotAscending.selector, previous, next)
        );
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {ILogGovernance} from "../src/interfaces/ILogGovernance.sol";
import {LogFixture} from "./LogFixture.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {vm} from "./Vm.sol";

contract AnchorRegistryOperatorsTest is LogFixture {
    uint256 private constant _NOW = 1_700_000_000;
    uint256 private constant _DUE = _NOW + 2 days;

    bytes32 private _logId;
    address[] private _next;
    uint256[] private _nextKeys;

    function setUp() public {
        vm.warp(_NOW);
        _logId = _open(ORIGIN, 3, 2);
        _nextKeys = new uint256[](2);
        (_nextKeys[0], _nextKeys[1]) = vm.addr(0xA) < vm.addr(0xB) ? (0xA, 0xB) : (0xB, 0xA);
        _next = _addresses(_nextKeys);
    }

    // What is accepted

    function test_proposeOperators_byAdminAndOperators_waits() public {
        bytes32 digest = registry.operatorChangeDigest(_logId, FIRST_EPOCH, _next, 2, 0);
        bytes[] memory signatures = _signDigest(digest, _keys(2));
        vm.expectEmit(address(registry));
        emit ILogGovernance.OperatorsProposed(_logId, _next, 2, uint48(_DUE));
        vm.prank(ADMIN);
        registry.proposeOperators(_logId, _next, 2, signatures);

        (address[] memory operators, uint8 threshold, uint48 notBefore) =
            registry.pendingOperators(_logId);
        vm.assertEq(operators, _next, "operators");
        vm.assertEq(threshold, 2, "threshold");
        vm.assertEq(notBefore, _DUE, "not before");
        vm.assertEq(registry.changeNonce(_logId), 1, "nonce");
        _assertOperators(FIRST_EPOCH, _addresses(_keys(3)), 2);
    }

    function test_applyOperators_byAnyoneWhenDue_beginsAnEpoch() public {
        _propose(_logId, _next, 2, _keys(2));
        vm.warp(_DUE);
        vm.expectEmit(address(registry));
        emit ILogGovernance.OperatorsChanged(_logId, 2, _next, 2);
        vm.prank(address(0xBAD));
        registry.applyOperators(_logId);

        _assertOperators(2, _next, 2);
        vm.assertFalse(registry.isOperator(_logId, vm.addr(1)), "the old ones are none any more");
        (address[] memory operators,,) = registry.pendingOperators(_logId);
        vm.assertEq(operators.length, 0, "nothing waits");
        (, uint8 active,) = registry.logStatus(_logId);
        vm.assertEq(active, 2, "active operators");
    }

    function test_applyOperators_milliseconds_waitsTheSameTime() public {
        uint256 start = _NOW * 1_000;
        vm.warp(start);
        _propose(_logId, _next, 2, _keys(2));
        (,, uint48 notBefore) = registry.pendingOperators(_logId);
        vm.assertEq(notBefore, start + 2 days * 1_000, "two days");
        vm.warp(notBefore - 1);
        _expectNotDue(notBefore);
        registry.applyOperators(_logId);
        vm.warp(notBefore);
        registry.applyOperators(_logId);
        _assertOperators(2, _next, 2);
    }

    function test_anchor_inANewEpoch_needsItsOperatorsAndItsEpoch() public {
        bytes32[] memory leaves = _leaves(4);
        bytes32 root = ReferenceTree.root(leaves, 4);
        bytes[] memory early = _sign(_logId, 4, root, _nextKeys);
        bytes[] memory retired = _signDigest(registry.headDigest(_logId, 2, 4, root), _keys(2));
        bytes[] memory old = _sign(_logId, 4, root, _keys(2));
        _change(_next, 2, _keys(2));

        bytes32[] memory none = new bytes32[](0);
        vm.expectRevert();
        registry.anchor(_logId, 4, root, none, old);
        vm.expectRevert();
        registry.anchor(_logId, 4, root, none, early);
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.NotOperator.selector, vm.addr(_keys(2)[0]))
        );
        registry.anchor(_logId, 4, root, none, retired);

        bytes[] memory current = _signDigest(registry.headDigest(_logId, 2, 4, root), _nextKeys);
        registry.anchor(_logId, 4, root, none, current);
        (uint64 size,,,) = registry.head(_logId);
        vm.assertEq(size, 4, "anchored");
    }

    function test_proposeOperators_afterAChange_needsTheNewOperators() public {
        _change(_next, 2, _keys(2));
        address[] memory third = _addresses(_keys(1));
        _propose(_logId, third, 1, _nextKeys);
        vm.warp(vm.getBlockTimestamp() + 2 days);
        registry.applyOperators(_logId);
        _assertOperators(3, third, 1);
    }

    function test_proposeOperators_thresholdAlone_isAChange() public {
        address[] memory same = _addresses(_keys(3));
        _change(same, 3, _keys(2));
        _assertOperators(2, same, 3);
    }

    // What is refused

    function test_proposeOperators_byAnotherThanTheAdmin_reverts() public {
        bytes[] memory signatures = _agreed(0, _keys(3));
        vm.expectRevert(
            abi.encodeWithSelector(ILogGovernance.NotAdmin.selector, address(0xBAD), ADMIN)
        );
        vm.prank(address(0xBAD));
        registry.proposeOperators(_logId, _next, 2, signatures);
    }

    function test_proposeOperators_byTheAdminAlone_reverts() public {
        _propose(
            _logId,
            _next,
            2,
            _keys(1),
            abi.encodeWithSelector(IAnchorRegistry.TooFewSignatures.selector, 1, 2)
        );
    }

    function test_proposeOperators_signedByThoseProposed_reverts() public {
        bytes[] memory signatures = _agreed(0, _nextKeys);
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.NotOperator.selector, _next[0]));
        vm.prank(ADMIN);
        registry.proposeOperators(_logId, _next, 2, signatures);
    }

    function test_proposeOperators_agreedForAnythingElse_reverts() public {
        bytes32[5] memory digests = [
            registry.operatorChangeDigest(keccak256("other log"), FIRST_EPOCH, _next, 2, 0),
            registry.operatorChangeDigest(_logId, 2, _next, 2, 0),
            registry.operatorChangeDigest(_logId, FIRST_EPOCH, _addresses(_keys(2)), 2, 0),
            registry.operatorChangeDigest(_logId, FIRST_EPOCH, _next, 1, 0),
            registry.operatorChangeDigest(_logId, FIRST_EPOCH, _next, 2, 1)
        ];
        for (uint256 i = 0; i < digests.length; ++i) {
            bytes[] memory signatures = _signDigest(digests[i], _keys(2));
            vm.expectRevert();
            vm.prank(ADMIN);
            registry.proposeOperators(_logId, _next, 2, signatures);
        }
    }

    function test_proposeOperators_whileAnotherWaits_reverts() public {
        _propose(_logId, _next, 2, _keys(2));
        bytes[] memory signatures = _agreed(1, _keys(2));
        vm.expectRevert(abi.encodeWithSelector(ILogGovernance.ChangePending.selector, uint48(_DUE)));
        vm.prank(ADMIN);
        registry.proposeOperators(_logId, _next, 2, signatures);
    }

    function test_proposeOperators_replayedAfterACancel_reverts() public {
        bytes[] memory signatures = _agreed(0, _keys(2));
        vm.prank(ADMIN);
        registry.proposeOperators(_logId, _next, 2, signatures);
        vm.expectEmit(address(registry));
        emit ILogGovernance.OperatorsProposalDropped(_logId);
        vm.prank(ADMIN);
        registry.cancelOperators(_logId);
        vm.expectRevert();
        vm.prank(ADMIN);
        registry.proposeOperators(_logId, _next, 2, signatures);
        _propose(_logId, _next, 2, _keys(2));
    }

    /// @dev What operators have agreed to stays good within its epoch until something is proposed: the
    /// only way out of an agreement is another one.
    function test_proposeOperators_agreedLongAgo_isGoodUntilAnotherProposal() public {
        bytes[] memory old = _agreed(0, _keys(2));
        vm.warp(_NOW + 365 days);
        _propose(_logId, _addresses(_keys(3)), 3, _keys(2));
        vm.startPrank(ADMIN);
        registry.cancelOperators(_logId);
        vm.expectRevert();
        registry.proposeOperators(_logId, _next, 2, old);
        vm.stopPrank();
        old = _agreed(1, _keys(2));
        vm.warp(_NOW + 730 days);
        vm.prank(ADMIN);
        registry.proposeOperators(_logId, _next, 2, old);
        vm.assertEq(registry.changeNonce(_logId), 2, "nonce");
    }

    /// @dev Whose strike it is shows in `isOperator`; the list is the epoch's.
    function test_logInfo_afterAStrike_namesTheEpochsOperators() public {
        uint256[] memory keys = _keys(3);
        _strike(_logId, keys[2]);
        (,,, address[] memory operators) = registry.logInfo(_logId);
        vm.assertEq(operators, _addresses(keys), "all of the epoch");
        vm.assertFalse(registry.isOperator(_logId, operators[2]), "struck");
    }

    function test_proposeOperators_listThatCannotBe_reverts() public {
        _propose(
            _logId,
            new address[](0),
            1,
            _keys(2),
            abi.encodeWithSelector(IAnchorRegistry.OperatorCountOutOfRange.selector, 0, 16)
        );
        _propose(
            _logId,
            _next,
            3,
            _keys(2),
            abi.encodeWithSelector(IAnchorRegistry.ThresholdOutOfRange.selector, 3, 2)
        );
        address[] memory twice = new address[](2);
        (twice[0], twice[1]) = (_next[0], _next[0]);
        _propose(
            _logId,
            twice,
            1,
            _keys(2),
            abi.encodeWithSelector(IAnchorRegistry.NotAscending.selector, _next[0], _next[0])
        );
    }

    function test_proposeOperators_namingOneWhoWasStruck_reverts() public {
        uint256[] memory keys = _keys(3);
        _strike(_logId, keys[2]);
        uint256[] memory left = new uint256[](2);
        (left[0], left[1]) = (keys[0], keys[1]);
        _propose(
            _logId,
            _addresses(keys),
            2,
            left,
            abi.encodeWithSelector(ILogGovernance.StruckOperator.selector, vm.addr(keys[2]))
        );
    }

    function test_applyOperators_tooEarly_reverts() public {
        _propose(_logId, _next, 2, _keys(2));
        vm.warp(_DUE - 1);
        _expectNotDue(uint48(_DUE));
        registry.applyOperators(_logId);
    }

    function test_applyOperators_withoutAChange_reverts() public {
        bytes memory problem =
            abi.encodeWithSelector(ILogGovernance.NoChangePending.selector, _logId);
        vm.expectRevert(problem);
        registry.applyOperators(_logId);
        _change(_next, 2, _keys(2));
        vm.expectRevert(problem);
        registry.applyOperators(_logId);
    }

    function test_cancelOperators_byAnotherThanTheAdmin_reverts() public {
        _propose(_logId, _next, 2, _keys(2));
        vm.expectRevert(
            abi.encodeWithSelector(ILogGovernance.NotAdmin.selector, address(this), ADMIN)
        );
        registry.cancelOperators(_logId);
    }

    function test_cancelOperators_withoutAChange_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(ILogGovernance.NoChangePending.selector, _logId));
        vm.prank(ADMIN);
        registry.cancelOperators(_logId);
    }

    function test_governance_ofUnknownLog_reverts() public {
        bytes32 id = keccak256("never opened");
        bytes memory unknown = abi.encodeWithSelector(IAnchorRegistry.UnknownLog.selector, id);
        bytes[] memory none = new bytes[](0);
        vm.expectRevert(unknown);
        registry.proposeOperators(id, _next, 1, none);
        vm.expectRevert(unknown);
        registry.applyOperators(id);
        vm.expectRevert(unknown);
        registry.cancelOperators(id);
        vm.expectRevert(unknown);
        registry.changeNonce(id);
        vm.expectRevert(unknown);
        registry.pendingOperators(id);
        vm.expectRevert(unknown);
        registry.logStatus(id);
        vm.expectRevert(unknown);
        registry.closeLog(id, 0, 0, 0, none);
        vm.assertFalse(registry.isStruck(id, vm.addr(1)), "struck from nothing");
    }

    function test_operatorChangeDigest_isTheEip712Digest() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Crossproof AnchorRegistry"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes32 change = keccak256(
            abi.encode(
                keccak256(
                    "OperatorChange(bytes32 logId,uint64 epoch,address[] operators,uint8 threshold,uint64 nonce)"
                ),
                _logId,
                uint64(7),
                keccak256(abi.encode(_next[0], _next[1])),
                uint8(2),
                uint64(5)
            )
        );
        vm.assertEq(
            registry.operatorChangeDigest(_logId, 7, _next, 2, 5),
            keccak256(abi.encodePacked(hex"1901", domain, change)),
            "digest"
        );
    }

    function _change(address[] memory operators, uint8 threshold, uint256[] memory keys) private {
        _propose(_logId, operators, threshold, keys);
        vm.warp(vm.getBlockTimestamp() + 2 days);
        registry.applyOperators(_logId);
    }

    function _agreed(uint64 nonce, uint256[] memory keys) private view returns (bytes[] memory) {
        return
            _signDigest(registry.operatorChangeDigest(_logId, FIRST_EPOCH, _next, 2, nonce), keys);
    }

    function _expectNotDue(uint48 notBefore) private {
        vm.expectRevert(abi.encodeWithSelector(ILogGovernance.ChangeNotDue.selector, notBefore));
    }

    function _assertOperators(uint64 epoch, address[] memory expected, uint8 k) private view {
        (, uint64 found, uint8 threshold, address[] memory operators) = registry.logInfo(_logId);
        vm.assertEq(found, epoch, "epoch");
        vm.assertEq(threshold, k, "threshold");
        vm.assertEq(operators, expected, "operators");
        for (uint256 i = 0; i < expected.length; ++i) {
            vm.assertTrue(registry.isOperator(_logId, expected[i]), "each is an operator");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {LogFixture} from "./LogFixture.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {vm} from "./Vm.sol";

contract AnchorRegistryAnchorTest is LogFixture {
    uint256 private constant _SECP256K1_ORDER =
        0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    bytes32 private _logId;
    bytes32[] private _entries;
    bytes32[] private _none;

    function setUp() public {
        _logId = _open(ORIGIN, 3, 2);
        _entries = _leaves(9);
    }

    // What is accepted

    function test_anchor_firstHead_isKept() public {
        vm.roll(1_000);
        vm.warp(1_700_000_000);
        bytes32 root = ReferenceTree.root(_entries, 5);
        bytes[] memory signatures = _sign(_logId, 5, root, _keys(2));
        vm.expectEmit(address(registry));
        emit IAnchorRegistry.Anchored(_logId, 5, root);
        registry.anchor(_logId, 5, root, _none, signatures);
        _assertHead(5, root, 1_000, 1_700_000_000);
        vm.assertEq(
            registry.anchorCommitment(_logId, 5),
            keccak256(abi.encode(root, uint256(1_000), uint256(1_700_000_000))),
            "commitment"
        );
    }

    function test_anchor_everyStepOfAGrowingTree_isKept() public {
        uint64 old = 0;
        for (uint64 size = 1; size <= 9; ++size) {
            vm.roll(100 + size);
            IAnchorRegistry.Anchor memory kept = _anchor(_logId, _entries, old, size, _keys(2));
            _assertHead(size, kept.root, 100 + size, block.timestamp);
            old = size;
        }
        for (uint64 size = 1; size <= 9; ++size) {
            bytes32 root = ReferenceTree.root(_entries, size);
            vm.assertTrue(
                registry.verifyAnchor(_logId, size, root, 100 + size, uint64(block.timestamp)),
                "the older ones stay"
            );
        }
    }

    function test_anchor_carriedInByAnyone_isKept() public {
        bytes32 root = ReferenceTree.root(_entries, 5);
        bytes[] memory signatures = _sign(_logId, 5, root, _keys(2));
        vm.prank(address(0xBAD));
        registry.anchor(_logId, 5, root, _none, signatures);
        _assertHead(5, root, block.number, block.timestamp);
    }

    function test_anchor_moreSignaturesThanNeeded_isKept() public {
        _anchor(_logId, _entries, 0, 5, _keys(3));
    }

    function test_anchor_sameHeadAgain_changesNothing() public {
        IAnchorRegistry.Anchor memory first = _anchor(_logId, _entries, 0, 5, _keys(2));
        vm.roll(block.number + 10);
        vm.recordLogs();
        registry.anchor(_logId, 5, first.root, _none, new bytes[](0));
        vm.assertEq(vm.getRecordedLogs().length, 0, "no event");
        _assertHead(5, first.root, first.blockNumber, first.blockTime);
        vm.assertTrue(
            registry.verifyAnchor(_logId, 5, first.root, first.blockNumber, first.blockTime),
            "the first anchor stays"
        );
    }

    // What is refused: the log and the size

    function test_anchor_unknownLog_reverts() public {
        bytes32 id = keccak256("never opened");
        vm.expectRevert(abi.encodeWithSelector(IAnchorRegistry.UnknownLog.selector, id));
        registry.anchor(id, 1, 0, _none, new bytes[](0));
    }

    function test_anchor_nothing_reverts() public {
        bytes[] memory signatures = _sign(_logId, 0, EMPTY_ROOT, _keys(2));
        _expectNotLarger(0, 0);
        registry.anchor(_logId, 0, EMPTY_ROOT, _none, signatures);
    }

    function test_anchor_rollback_reverts() public {
        _anchor(_logId, _entries, 0, 4, _keys(2));
        bytes32 newest = _anchor(_logId, _entries, 4, 9, _keys(2)).root;
        bytes32 root = ReferenceTree.root(_entries, 4);
        bytes[] memory signatures = _sign(_logId, 4, root, _keys(3));
        _expectNotLarger(4, 9);
        registry.anchor(_logId, 4, root, _none, signatures);
        _assertHead(9, newest, block.number, block.timestamp);
    }

    function test_anchor_sameSizeWithAnotherRoot_reverts() public {
        _anchor(_logId, _entries, 0, 5, _keys(2));
        bytes32 root = keccak256("another history");
        bytes[] memory signatures = _sign(_logId, 5, root, _keys(3));
        _expectNotLarger(5, 5);
        registry.anchor(_logId, 5, root, _none, signatures);
    }

    // What is refused: the signatures

    function test_anchor_tooFewSignatures_reverts() public {
        bytes32 root = ReferenceTree.root(_entries, 5);
        for (uint256 count = 0; count < 2; ++count) {
            bytes[] memory signatures = _sign(_logId, 5, root, _keys(count));
            vm.expectRevert(
                abi.encodeWithSelector(IAnchorRegistry.TooFewSignatures.selector, count, 2)
            );
            registry.anchor(_logId, 5, root, _none, signatures);
        }
    }

    function test_anchor_oneSignatureTwice_reverts() public {
        uint256[] memory keys = _keys(2);
        keys[1] = keys[0];
        _refuseSigners(keys, _notAscending(vm.addr(keys[0]), vm.addr(keys[0])));
    }

    function test_anchor_signersDescending_reverts() public {
        uint256[] memory keys = _keys(2);
        (keys[0], keys[1]) = (keys[1], keys[0]);
        _refuseSigners(keys, _notAscending(vm.addr(keys[0]), vm.addr(keys[1])));
    }

    function test_anchor_signedByAStranger_reverts() public {
        uint256[] memory keys = _keys(3);
        keys[1] = 999;
        _refuseSigners(keys, _notOperator(vm.addr(999)));
    }

    function test_anchor_signedByAnOperatorOfAnotherLog_reverts() public {
        vm.prank(ADMIN);
        registry.openLog("example.com/other", _addresses(_keys(4)), 1);
        uint256[] memory keys = new uint256[](2);
        keys[0] = _keys(3)[0];
        keys[1] = 4;
        _refuseSigners(keys, _notOperator(vm.addr(4)));
    }

    function test_anchor_signatureOverAnotherHead_reverts() public {
        bytes32 root = ReferenceTree.root(_entries, 5);
        bytes32 otherLog = _open("example.com/other", 3, 2);
        _expectStrangerFor(root, registry.headDigest(_logId, FIRST_EPOCH, 6, root));
        _expectStrangerFor(root, registry.headDigest(_logId, FIRST_EPOCH, 5, ~root));
        _expectStrangerFor(root, registry.headDigest(_logId, FIRST_EPOCH + 1, 5, root));
        _expectStrangerFor(root, registry.headDigest(otherLog, FIRST_EPOCH, 5, root));
        _expectStrangerFor(root, new AnchorRegistry().headDigest(_logId, FIRST_EPOCH, 5, root));
    }

    function test_anchor_signatureForAnotherChain_reverts() public {
        bytes32 root = ReferenceTree.root(_entries, 5);
        bytes32 digest = registry.headDigest(_logId, FIRST_EPOCH, 5, root);
        vm.chainId(block.chainid + 1);
        vm.assertTrue(digest != registry.headDigest(_logId, FIRST_EPOCH, 5, root), "digests");
        _expectStrangerFor(root, digest);
    }

    function test_anchor_highS_reverts() public {
        bytes32 root = ReferenceTree.root(_entries, 5);
        bytes[] memory signatures = _sign(_logId, 5, root, _keys(2));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(_keys(2)[0], registry.headDigest(_logId, FIRST_EPOCH, 5, root));
        bytes32 highS = bytes32(_SECP256K1_ORDER - uint256(s));
        signatures[0] = abi.encodePacked(r, highS, v == 27 ? 28 : 27);
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, highS));
        registry.anchor(_logId, 5, root, _none, signatures);
    }

    function test_anchor_signatureOfAnotherLength_reverts() public {
        bytes32 root = ReferenceTree.root(_entries, 5);
        uint8[4] memory lengths = [0, 64, 66, 130];
        for (uint256 i = 0; i < lengths.length; ++i) {
            bytes[] memory signatures = _sign(_logId, 5, root, _keys(2));
            signatures[1] = new bytes(lengths[i]);
            vm.expectRevert(
                abi.encodeWithSelector(
                    ECDSA.ECDSAInvalidSignatureLength.selector, uint256(lengths[i])
                )
            );
            registry.anchor(_logId, 5, root, _none, signatures);
        }
    }

    function test_anchor_signatureOfNobody_reverts() public {
        bytes32 root = ReferenceTree.root(_entries, 5);
        bytes[] memory signatures = _sign(_logId, 5, root, _keys(2));
        signatures[0] = new bytes(65);
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        registry.anchor(_logId, 5, root, _none, signatures);
    }

    // What is refused: the proof

    function test_anchor_firstHeadWithAProof_reverts() public {
        bytes32 root = ReferenceTree.root(_entries, 5);
        bytes[] memory signatures = _sign(_logId, 5, root, _keys(2));
        _expectInconsistent(0, 5);
        registry.anchor(_logId, 5, root, new bytes32[](1), signatures);
    }

    function test_anchor_beyondTheLargestTree_reverts() public {
        uint64 size = 2 ** 63;
        bytes[] memory signatures = _sign(_logId, size, EMPTY_ROOT, _keys(2));
        _expectInconsistent(0, size);
        registry.anchor(_logId, size, EMPTY_ROOT, _none, signatures);
    }

    function test_anchor_forkSignedByAllOperators_reverts() public {
        bytes32 kept = _anchor(_logId, _entries, 0, 5, _keys(3)).root;
        bytes32[] memory fork = _entries;
        fork[2] = ~fork[2];
        bytes32 root = ReferenceTree.root(fork, 9);
        _refuseProof(5, root, ReferenceTree.consistencyProof(fork, 5, 9));
        _refuseProof(5, root, ReferenceTree.consistencyProof(_entries, 5, 9));
        _refuseProof(5, root, _none);
        _assertHead(5, kept, block.number, block.timestamp);
    }

    function test_anchor_provedAgainstAnOlderHead_reverts() public {
        _anchor(_logId, _entries, 0, 3, _keys(2));
        _anchor(_logId, _entries, 3, 6, _keys(2));
        bytes32 root = ReferenceTree.root(_entries, 9);
        _refuseProof(6, root, ReferenceTree.consistencyProof(_entries, 3, 9));
    }

    function test_fuzz_anchor_anyTwoSizes_isKept(uint256 old, uint256 size) public {
        bytes32[] memory leaves = _leaves(64);
        uint64 second = uint64(2 + size % 63);
        uint64 first = uint64(1 + old % (second - 1));
        _anchor(_logId, leaves, 0, first, _keys(2));
        bytes32 root = _anchor(_logId, leaves, first, second, _keys(2)).root;
        _assertHead(second, root, block.number, block.timestamp);
    }

    function test_fuzz_anchor_anyRootWithoutItsProof_reverts(
        bytes32 root,
        uint64 size,
        bytes32[] calldata proof
    ) public {
        _anchor(_logId, _entries, 0, 5, _keys(2));
        vm.assume(size > 5);
        bytes[] memory signatures = _sign(_logId, size, root, _keys(2));
        _expectInconsistent(5, size);
        registry.anchor(_logId, size, root, proof, signatures);
    }

    function _refuseSigners(uint256[] memory keys, bytes memory refusal) private {
        bytes32 root = ReferenceTree.root(_entries, 5);
        bytes[] memory signatures = _sign(_logId, 5, root, keys);
        vm.expectRevert(refusal);
        registry.anchor(_logId, 5, root, _none, signatures);
    }

    /// @dev All operators sign; the proof alone decides.
    function _refuseProof(uint64 anchoredSize, bytes32 root, bytes32[] memory proof) private {
        bytes[] memory signatures = _sign(_logId, 9, root, _keys(3));
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.Inconsistent.selector, anchoredSize, 9)
        );
        registry.anchor(_logId, 9, root, proof, signatures);
    }

    /// @dev A signature over another digest recovers to some address, and that is no operator's.
    function _expectStrangerFor(bytes32 root, bytes32 digest) private {
        bytes[] memory signatures = _signDigest(digest, _keys(2));
        bytes32 asked = registry.headDigest(_logId, FIRST_EPOCH, 5, root);
        address stranger = ECDSA.recover(asked, signatures[0]);
        vm.assertTrue(stranger != vm.addr(_keys(2)[0]), "the digests differ");
        vm.expectRevert(_notOperator(stranger));
        registry.anchor(_logId, 5, root, _none, signatures);
    }

    function _assertHead(uint64 size, bytes32 root, uint256 blockNumber, uint256 blockTime)
        private
        view
    {
        (uint64 headSize, bytes32 headRoot, uint64 headBlock, uint64 headTime) =
            registry.head(_logId);
        vm.assertEq(headSize, size, "size");
        vm.assertEq(headRoot, root, "root");
        vm.assertEq(headBlock, blockNumber, "block");
        vm.assertEq(headTime, blockTime, "time");
    }

    function _expectNotLarger(uint64 size, uint64 anchoredSize) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.NotLarger.selector, size, anchoredSize)
        );
    }

    function _notAscending(address previous, address next) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAnchorRegistry.NotAscending.selector, previous, next);
    }

    function _notOperator(address signer) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAnchorRegistry.NotOperator.selector, signer);
    }

    function _expectInconsistent(uint64 anchoredSize, uint64 size) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAnchorRegistry.Inconsistent.selector, anchoredSize, size)
        );
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {LogFixture} from "./LogFixture.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {vm} from "./Vm.sol";

contract AnchorRegistryVerifyTest is LogFixture {
    bytes32 private _logId;
    bytes32[] private _entries;
    IAnchorRegistry.Anchor private _older;
    IAnchorRegistry.Anchor private _newer;

    function setUp() public {
        _logId = _open(ORIGIN, 1, 1);
        _entries = _leaves(11);
        vm.roll(10);
        vm.warp(1_000);
        _older = _anchor(_logId, _entries, 0, 6, _keys(1));
        vm.roll(20);
        vm.warp(2_000);
        _newer = _anchor(_logId, _entries, 6, 11, _keys(1));
    }

    function test_verifyAnchor_eachField_decides() public view {
        vm.assertTrue(_isAnchor(_older), "older");
        vm.assertTrue(_isAnchor(_newer), "newer");
        for (uint256 field = 0; field < 5; ++field) {
            vm.assertFalse(_isAnchor(_otherThan(_older, field)), "one field differs");
        }
        vm.assertFalse(
            registry.verifyAnchor(_logId, 0, EMPTY_ROOT, 0, 0), "the empty tree is no anchor"
        );
    }

    function test_verifyInclusion_everyEntryUnderEachAnchor_accepts() public view {
        for (uint64 i = 0; i < 11; ++i) {
            if (i < 6) vm.assertTrue(_included(_older, i), "under the older");
            vm.assertTrue(_included(_newer, i), "under the newer");
        }
    }

    function test_verifyInclusion_underAHeadThatIsNoAnchor_refuses() public view {
        bytes32[] memory proof = ReferenceTree.inclusionProof(_entries, 3, 6);
        for (uint256 field = 0; field < 5; ++field) {
            IAnchorRegistry.Anchor memory other = _otherThan(_older, field);
            vm.assertFalse(registry.verifyInclusion(other, _entries[3], 3, proof), "no anchor");
        }

        // A true proof to a root that was never anchored at that size.
        IAnchorRegistry.Anchor memory between = _newer;
        between.size = 8;
        between.root = ReferenceTree.root(_entries, 8);
        proof = ReferenceTree.inclusionProof(_entries, 3, 8);
        vm.assertFalse(registry.verifyInclusion(between, _entries[3], 3, proof), "unanchored");
    }

    function test_verifyInclusion_anotherLeafIndexOrProof_refuses() public view {
        bytes32[] memory proof = ReferenceTree.inclusionProof(_entries, 3, 6);
        vm.assertFalse(registry.verifyInclusion(_older, _entries[2], 3, proof), "leaf");
        vm.assertFalse(registry.verifyInclusion(_older, _entries[3], 2, proof), "index");
        vm.assertFalse(registry.verifyInclusion(_older, _entries[3], 6, proof), "outside");
        vm.assertFalse(registry.verifyInclusion(_newer, _entries[3], 3, proof), "other size");
    }

    function test_verifyConsistency_olderToNewer_accepts() public view {
        bytes32[] memory proof = ReferenceTree.consistencyProof(_entries, 6, 11);
        bytes32[] memory none = new bytes32[](0);
        vm.assertTrue(registry.verifyConsistency(_older, _newer, proof), "forwards");
        vm.assertTrue(registry.verifyConsistency(_older, _older, none), "to itself");
        vm.assertFalse(registry.verifyConsistency(_newer, _older, proof), "backwards");
        vm.assertFalse(registry.verifyConsistency(_older, _newer, none), "without proof");
    }

    function test_verifyConsistency_withAHeadThatIsNoAnchor_refuses() public view {
        bytes32[] memory proof = ReferenceTree.consistencyProof(_entries, 6, 11);
        for (uint256 field = 0; field < 5; ++field) {
            vm.assertFalse(
                registry.verifyConsistency(_otherThan(_older, field), _newer, proof), "older"
            );
            vm.assertFalse(
                registry.verifyConsistency(_older, _otherThan(_newer, field), proof), "newer"
            );
        }
    }

    function test_verifyConsistency_ofALogAndItsSuccessor_accepts() public {
        bytes32 successor = _open("example.com/successor", 1, 1);
        IAnchorRegistry.Anchor memory continued = _anchor(successor, _entries, 0, 11, _keys(1));
        bytes32[] memory proof = ReferenceTree.consistencyProof(_entries, 6, 11);
        vm.assertTrue(registry.verifyConsistency(_older, continued, proof), "it continues");
    }

    function test_headDigest_isTheEip712HashOfItsFields() public view {
        (, string memory name, string memory version, uint256 chainId, address self,,) =
            registry.eip712Domain();
        vm.assertEq(self, address(registry), "contract");
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chainId,
                self
            )
        );
        bytes32 head = keccak256(
            abi.encode(
                keccak256("Head(bytes32 logId,uint64 epoch,uint64 size,bytes32 root)"),
                _logId,
                uint64(7),
                uint64(11),
                _newer.root
            )
        );
        vm.assertEq(keccak256(bytes(name)), keccak256("Crossproof AnchorRegistry"), "name");
        vm.assertEq(keccak256(bytes(version)), keccak256("1"), "version");
        vm.assertEq(
            registry.headDigest(_logId, 7, 11, _newer.root),
            keccak256(abi.encodePacked(hex"1901", domain, head)),
            "digest"
        );
    }

    function _isAnchor(IAnchorRegistry.Anchor memory a) private view returns (bool) {
        return registry.verifyAnchor(a.logId, a.size, a.root, a.blockNumber, a.blockTime);
    }

    function _included(IAnchorRegistry.Anchor memory anchored, uint64 index)
        private
        view
        returns (bool)
    {
        bytes32[] memory proof = ReferenceTree.inclusionProof(_entries, index, anchored.size);
        return registry.verifyInclusion(anchored, _entries[index], index, proof);
    }

    function _otherThan(IAnchorRegistry.Anchor memory a, uint256 field)
        private
        pure
        returns (IAnchorRegistry.Anchor memory)
    {
        return IAnchorRegistry.Anchor(
            field == 0 ? ~a.logId : a.logId,
            field == 1 ? a.size + 1 : a.size,
            field == 2 ? ~a.root : a.root,
            field == 3 ? a.blockNumber + 1 : a.blockNumber,
            field == 4 ? a.blockTime + 1 : a.blockTime
        );
    }
}

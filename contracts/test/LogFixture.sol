// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {ILogGovernance} from "../src/interfaces/ILogGovernance.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {vm} from "./Vm.sol";

/// @title What the registry's tests start from: a registry, operators with keys, and a tree
abstract contract LogFixture {
    uint64 internal constant FIRST_EPOCH = 1;
    bytes32 internal constant EMPTY_ROOT =
        0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;
    string internal constant ORIGIN = "example.com/log";
    address internal constant ADMIN = address(0xAD);

    AnchorRegistry internal registry = new AnchorRegistry();

    /// @dev The keys of `count` operators, in ascending order of their addresses.
    function _keys(uint256 count) internal pure returns (uint256[] memory keys) {
        keys = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = i + 1;
            uint256 place = i;
            for (; place > 0 && vm.addr(keys[place - 1]) > vm.addr(key); --place) {
                keys[place] = keys[place - 1];
            }
            keys[place] = key;
        }
    }

    function _addresses(uint256[] memory keys) internal pure returns (address[] memory list) {
        list = new address[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            list[i] = vm.addr(keys[i]);
        }
    }

    function _open(string memory origin, uint256 operators, uint8 threshold)
        internal
        returns (bytes32 logId)
    {
        vm.prank(ADMIN);
        return registry.openLog(origin, _addresses(_keys(operators)), threshold);
    }

    /// @dev Signs a head in the first epoch with each of the keys.
    function _sign(bytes32 logId, uint64 size, bytes32 root, uint256[] memory keys)
        internal
        view
        returns (bytes[] memory)
    {
        return _signDigest(registry.headDigest(logId, FIRST_EPOCH, size, root), keys);
    }

    /// @dev Proposes other operators, agreed to with each of the keys.
    function _propose(
        bytes32 logId,
        address[] memory operators,
        uint8 threshold,
        uint256[] memory keys
    ) internal {
        _propose(logId, operators, threshold, keys, "");
    }

    /// @dev Does so, and expects this error where there is one.
    function _propose(
        bytes32 logId,
        address[] memory operators,
        uint8 threshold,
        uint256[] memory keys,
        bytes memory problem
    ) internal {
        (, uint64 epoch,,) = registry.logInfo(logId);
        uint64 nonce = registry.changeNonce(logId);
        bytes32 digest = registry.operatorChangeDigest(logId, epoch, operators, threshold, nonce);
        bytes[] memory signatures = _signDigest(digest, keys);
        if (problem.length != 0) vm.expectRevert(problem);
        vm.prank(ADMIN);
        registry.proposeOperators(logId, operators, threshold, signatures);
    }

    /// @dev Two heads of one size that one operator signed in the first epoch.
    function _fork(bytes32 logId, uint64 size, uint256 key)
        internal
        view
        returns (ILogGovernance.SignedHead[2] memory heads)
    {
        heads[0] = _head(logId, size, keccak256("one history"), key);
        heads[1] = _head(logId, size, keccak256("another history"), key);
    }

    function _head(bytes32 logId, uint64 size, bytes32 root, uint256 key)
        internal
        view
        returns (ILogGovernance.SignedHead memory)
    {
        uint256[] memory keys = new uint256[](1);
        keys[0] = key;
        bytes memory signature = _sign(logId, size, root, keys)[0];
        return ILogGovernance.SignedHead(FIRST_EPOCH, size, root, signature);
    }

    function _strike(bytes32 logId, uint256 key) internal {
        _strike(logId, key, "");
    }

    /// @dev Does so, and expects this error where there is one.
    function _strike(bytes32 logId, uint256 key, bytes memory problem) internal {
        ILogGovernance.LeafProof[2] memory none;
        ILogGovernance.SignedHead[2] memory heads = _fork(logId, 1, key);
        if (problem.length != 0) vm.expectRevert(problem);
        registry.reportEquivocation(logId, heads, 0, none);
    }

    function _signDigest(bytes32 digest, uint256[] memory keys)
        internal
        pure
        returns (bytes[] memory signatures)
    {
        signatures = new bytes[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[i], digest);
            signatures[i] = abi.encodePacked(r, s, v);
        }
    }

    /// @dev Anchors the first `size` leaves after the first `oldSize` ones, all as it should be,
    /// and tells what state can be asked about afterwards.
    function _anchor(
        bytes32 logId,
        bytes32[] memory leaves,
        uint64 oldSize,
        uint64 size,
        uint256[] memory keys
    ) internal returns (IAnchorRegistry.Anchor memory) {
        bytes32 root = ReferenceTree.root(leaves, size);
        registry.anchor(
            logId,
            size,
            root,
            ReferenceTree.consistencyProof(leaves, oldSize, size),
            _sign(logId, size, root, keys)
        );
        return
            IAnchorRegistry.Anchor(logId, size, root, uint64(block.number), uint64(block.timestamp));
    }

    function _leaves(uint256 count) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = sha256(abi.encodePacked(bytes1(0x00), "entry ", i));
        }
    }
}

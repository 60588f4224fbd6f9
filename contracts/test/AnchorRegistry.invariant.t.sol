// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {LogFixture} from "./LogFixture.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {vm} from "./Vm.sol";

/// @title Operators who try everything, with all keys in their hands
/// @notice Grows two logs honestly, and forks, rolls back and garbles them in between. Writes down
/// each anchor when it is accepted, to ask for it again later.
contract Operators is LogFixture {
    uint256 private constant _MAX_LEAVES = 64;

    IAnchorRegistry.Anchor[] private _kept;
    bytes32[] private _commitments;
    bytes32[2] private _logs;
    bytes32[] private _entries;

    /// @notice How often something was anchored that does not extend what was there
    uint256 public breaches;

    /// @notice How often an honest extension was refused
    uint256 public refusals;

    constructor() {
        _logs = [_open("example.com/a", 1, 1), _open("example.com/b", 3, 2)];
        _entries = _leaves(_MAX_LEAVES);
        // From the first call on there is something to forge, roll back and lose.
        grow(0, 3);
        grow(1, 3);
    }

    function target() external view returns (address) {
        return address(registry);
    }

    function kept() external view returns (IAnchorRegistry.Anchor[] memory, bytes32[] memory) {
        return (_kept, _commitments);
    }

    /// @notice Lets some blocks pass
    function mine(uint8 blocks) external {
        vm.roll(vm.getBlockNumber() + blocks);
        vm.warp(vm.getBlockTimestamp() + 12 * uint256(blocks));
    }

    /// @notice Anchors some more of the honest log
    function grow(uint256 which, uint8 by) public {
        (bytes32 id, uint64 size) = _pick(which);
        uint64 next = size + 1 + by % 4;
        if (next > _MAX_LEAVES) return;
        bytes32[] memory proof = ReferenceTree.consistencyProof(_entries, size, next);
        if (!_try(id, next, ReferenceTree.root(_entries, next), proof)) ++refusals;
    }

    /// @notice Tries to anchor a history with one other entry, with its own consistency proof
    function fork(uint256 which, uint256 place, uint256 size) external {
        (bytes32 id, uint64 headSize) = _pick(which);
        if (headSize == 0) return;
        uint64 forkSize = uint64(1 + size % _MAX_LEAVES);
        bytes32[] memory leaves = _entries;
        leaves[place % headSize] = keccak256(abi.encode(place, size));
        bytes32[] memory proof = forkSize > headSize
            ? ReferenceTree.consistencyProof(leaves, headSize, forkSize)
            : new bytes32[](0);
        if (_try(id, forkSize, ReferenceTree.root(leaves, forkSize), proof)) ++breaches;
    }

    /// @notice Tries to anchor the honest log's past again
    function rollBack(uint256 which, uint256 size) external {
        (bytes32 id, uint64 headSize) = _pick(which);
        if (headSize < 2) return;
        uint64 older = uint64(1 + size % (headSize - 1));
        bytes32 root = ReferenceTree.root(_entries, older);
        if (_try(id, older, root, new bytes32[](0))) ++breaches;
    }

    /// @notice Tries to anchor anything at all
    function garble(uint256 which, uint64 size, bytes32 root, bytes32[] calldata proof) external {
        (bytes32 id, uint64 headSize) = _pick(which);
        if (headSize != 0 && _try(id, size, root, proof)) ++breaches;
    }

    /// @notice Tries to open the logs a second time
    function reopen(uint256 which) external {
        address[] memory operators = _addresses(_keys(2));
        vm.prank(ADMIN);
        try registry.openLog(which % 2 == 0 ? "example.com/a" : "example.com/b", operators, 1) {
            ++breaches;
        } catch {}
    }

    function _pick(uint256 which) private view returns (bytes32 id, uint64 size) {
        id = _logs[which % 2];
        (size,,,) = registry.head(id);
    }

    function _try(bytes32 id, uint64 size, bytes32 root, bytes32[] memory proof)
        private
        returns (bool)
    {
        bytes[] memory signatures = _sign(id, size, root, _keys(id == _logs[0] ? 1 : 3));
        try registry.anchor(id, size, root, proof, signatures) {
            _kept.push(
                IAnchorRegistry.Anchor(
                    id, size, root, uint64(vm.getBlockNumber()), uint64(vm.getBlockTimestamp())
                )
            );
            _commitments.push(registry.anchorCommitment(id, size));
            return true;
        } catch {
            return false;
        }
    }
}

contract AnchorRegistryInvariantTest {
    Operators private _operators;

    function setUp() public {
        _operators = new Operators();
    }

    /// @dev Foundry calls these, the registry itself by anyone and with anything.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](2);
        targets[0] = address(_operators);
        targets[1] = _operators.target();
    }

    function invariant_anAnchoredSize_neverLosesItsRoot() public view {
        IAnchorRegistry registry = IAnchorRegistry(_operators.target());
        (IAnchorRegistry.Anchor[] memory kept, bytes32[] memory commitments) = _operators.kept();
        for (uint256 i = 0; i < kept.length; ++i) {
            IAnchorRegistry.Anchor memory a = kept[i];
            vm.assertEq(
                registry.anchorCommitment(a.logId, a.size), commitments[i], "commitment changed"
            );
            vm.assertTrue(
                registry.verifyAnchor(a.logId, a.size, a.root, a.blockNumber, a.blockTime),
                "anchor lost"
            );
        }
    }

    function invariant_theHead_isTheLargestAnchor() public view {
        IAnchorRegistry registry = IAnchorRegistry(_operators.target());
        (IAnchorRegistry.Anchor[] memory kept,) = _operators.kept();
        for (uint256 i = 0; i < kept.length; ++i) {
            (uint64 size, bytes32 root, uint64 blockNumber, uint64 blockTime) =
                registry.head(kept[i].logId);
            vm.assertLe(kept[i].size, size, "an anchor beyond the head");
            vm.assertTrue(
                registry.verifyAnchor(kept[i].logId, size, root, blockNumber, blockTime),
                "the head is no anchor"
            );
        }
    }

    function invariant_whatDoesNotExtendTheLog_isNeverAnchored() public view {
        vm.assertEq(_operators.breaches(), 0, "a fork or a rollback was anchored");
    }

    function invariant_whatExtendsTheLog_isAlwaysAnchored() public view {
        vm.assertEq(_operators.refusals(), 0, "an honest head was refused");
    }

    /// @dev A run in which nothing was anchored would have shown nothing.
    function afterInvariant() public view {
        (IAnchorRegistry.Anchor[] memory kept,) = _operators.kept();
        vm.assertGt(kept.length, 1, "nothing was anchored");
    }
}

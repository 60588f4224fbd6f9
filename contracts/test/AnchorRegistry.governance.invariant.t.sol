// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorRegistry} from "../src/interfaces/IAnchorRegistry.sol";
import {ILogGovernance} from "../src/interfaces/ILogGovernance.sol";
import {LogFixture} from "./LogFixture.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {vm} from "./Vm.sol";

/// @title Everyone who ever held a key, signing whatever they can
/// @notice Changes operators, strikes some, and has heads signed by any group of keys in any epoch.
/// Keeps its own books of who may sign, to compare with what the registry does.
contract Governors is LogFixture {
    uint256 private constant _KEYS = 6;
    uint64 private constant _MAX_LEAVES = 64;

    bytes32 public immutable LOG_ID;
    uint256[] private _all;
    bytes32[] private _entries;

    // The books: who may sign and who never again, a bit for each key.
    uint256 private _operators = 7;
    uint256 private _struck;
    uint8 private _threshold = 2;
    uint64 private _epoch = FIRST_EPOCH;

    /// @notice How many heads were anchored
    uint64 public size;

    /// @notice How often something was accepted that should not have been
    uint256 public breaches;

    /// @notice How often something was refused that should have been accepted
    uint256 public refusals;

    constructor() {
        _all = _keys(_KEYS);
        _entries = _leaves(_MAX_LEAVES);
        vm.prank(ADMIN);
        LOG_ID = registry.openLog(ORIGIN, _addresses(_chosen(_operators)), _threshold);
    }

    function target() external view returns (address) {
        return address(registry);
    }

    /// @notice What the books say
    function books()
        external
        view
        returns (
            uint64 epoch,
            uint8 threshold,
            bool frozen,
            bool[] memory active,
            bool[] memory out
        )
    {
        active = new bool[](_KEYS);
        out = new bool[](_KEYS);
        for (uint256 i = 0; i < _KEYS; ++i) {
            active[i] = _left() & (1 << i) != 0;
            out[i] = _struck & (1 << i) != 0;
        }
        return (_epoch, _threshold, _isFrozen(), active, out);
    }

    function account(uint256 place) external view returns (address) {
        return vm.addr(_all[place]);
    }

    /// @notice Has the next head signed by any group of keys, in any epoch, by one twice at times
    function sign(uint256 group, bool theRightOnes, uint64 epoch, bool twice) external {
        uint64 next = size + 1;
        if (next > _MAX_LEAVES) return;
        group = theRightOnes ? _left() : group % (1 << _KEYS);
        epoch = epoch % 4 == 0 ? 1 + (epoch / 4) % (_epoch + 1) : _epoch;
        uint256[] memory keys = _chosen(group);
        twice = twice && !theRightOnes && keys.length > 1;
        if (twice) keys[0] = keys[1];
        bytes32 root = ReferenceTree.root(_entries, next);
        bytes[] memory signatures =
            _signDigest(registry.headDigest(LOG_ID, epoch, next, root), keys);
        bytes32[] memory proof = ReferenceTree.consistencyProof(_entries, size, next);
        bool may = _mayAgree(group) && epoch == _epoch && !twice;
        try registry.anchor(LOG_ID, next, root, proof, signatures) {
            if (!may) ++breaches;
            size = next;
        } catch {
            if (may) ++refusals;
        }
    }

    /// @notice Changes the operators, agreed to by any group of keys
    function change(uint256 group, bool theRightOnes, uint256 next, uint8 threshold, bool early)
        external
    {
        group = theRightOnes ? _left() : group % (1 << _KEYS);
        next = 1 + next % ((1 << _KEYS) - 1);
        threshold = uint8(1 + threshold % _count(next));
        address[] memory operators = _addresses(_chosen(next));
        uint64 nonce = registry.changeNonce(LOG_ID);
        bytes32 digest = registry.operatorChangeDigest(LOG_ID, _epoch, operators, threshold, nonce);
        bytes[] memory signatures = _signDigest(digest, _chosen(group));
        bool may = _mayAgree(group) && next & _struck == 0;
        vm.prank(ADMIN);
        try registry.proposeOperators(LOG_ID, operators, threshold, signatures) {
            if (!may) ++breaches;
        } catch {
            if (may) ++refusals;
            return;
        }
        vm.warp(vm.getBlockTimestamp() + (early ? 2 days - 1 : 2 days));
        try registry.applyOperators(LOG_ID) {
            if (early) ++breaches;
            (_operators, _threshold, _epoch) = (next, threshold, _epoch + 1);
        } catch {
            if (!early) ++refusals;
            vm.prank(ADMIN);
            registry.cancelOperators(LOG_ID);
        }
    }

    /// @notice Shows two histories that one key signed in the first epoch
    function strike(uint256 which) external {
        // Now and then, or every log would be frozen soon.
        if (which % 8 != 0) return;
        which = (which / 8) % _KEYS;
        bool may = _left() & (1 << which) != 0;
        ILogGovernance.SignedHead[2] memory heads = _fork(LOG_ID, 3, _all[which]);
        ILogGovernance.LeafProof[2] memory none;
        try registry.reportEquivocation(LOG_ID, heads, 0, none) {
            if (!may) ++breaches;
            _struck |= 1 << which;
        } catch {
            if (may) ++refusals;
        }
    }

    function _mayAgree(uint256 group) private view returns (bool) {
        return !_isFrozen() && group & ~_left() == 0 && _count(group) >= _threshold;
    }

    function _isFrozen() private view returns (bool) {
        return _count(_left()) < _threshold;
    }

    function _left() private view returns (uint256) {
        return _operators & ~_struck;
    }

    function _chosen(uint256 group) private view returns (uint256[] memory keys) {
        keys = new uint256[](_count(group));
        uint256 place = 0;
        for (uint256 i = 0; i < _KEYS; ++i) {
            if (group & (1 << i) != 0) keys[place++] = _all[i];
        }
    }

    function _count(uint256 group) private pure returns (uint256 count) {
        for (; group != 0; group &= group - 1) {
            ++count;
        }
    }
}

contract AnchorRegistryGovernanceInvariantTest {
    Governors private _governors;

    function setUp() public {
        _governors = new Governors();
    }

    /// @dev Foundry calls these, the registry itself by anyone and with anything.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](2);
        targets[0] = address(_governors);
        targets[1] = _governors.target();
    }

    function invariant_nothingIsAccepted_withoutEnoughDistinctOperators() public view {
        vm.assertEq(_governors.breaches(), 0, "accepted from those who may not");
        IAnchorRegistry registry = IAnchorRegistry(_governors.target());
        (uint64 size,,,) = registry.head(_governors.LOG_ID());
        vm.assertEq(size, _governors.size(), "the head moved by nobody's signature");
    }

    function invariant_whatEnoughOperatorsSign_isAccepted() public view {
        vm.assertEq(_governors.refusals(), 0, "refused from those who may");
    }

    function invariant_theRegistry_agreesWithTheBooks() public view {
        (uint64 epoch, uint8 threshold, bool frozen, bool[] memory active, bool[] memory out) =
            _governors.books();
        bytes32 id = _governors.LOG_ID();
        IAnchorRegistry registry = IAnchorRegistry(_governors.target());
        ILogGovernance governance = ILogGovernance(_governors.target());
        (, uint64 foundEpoch, uint8 foundThreshold,) = registry.logInfo(id);
        vm.assertEq(foundEpoch, epoch, "epoch");
        vm.assertEq(foundThreshold, threshold, "threshold");
        uint256 count = 0;
        for (uint256 i = 0; i < active.length; ++i) {
            address account = _governors.account(i);
            vm.assertEq(registry.isOperator(id, account), active[i], "operator");
            vm.assertEq(governance.isStruck(id, account), out[i], "struck");
            if (active[i]) ++count;
        }
        (ILogGovernance.LogStatus status, uint8 left,) = governance.logStatus(id);
        vm.assertEq(left, count, "active operators");
        vm.assertEq(status == ILogGovernance.LogStatus.Frozen, frozen, "frozen");
    }
}

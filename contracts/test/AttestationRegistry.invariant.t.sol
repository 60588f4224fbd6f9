// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestationRegistry} from "../src/interfaces/IAttestationRegistry.sol";
import {IStatuses} from "../src/interfaces/IStatuses.sol";
import {TrustFixture} from "./TrustFixture.sol";
import {vm} from "./Vm.sol";

/// @title Everyone speaking of the same leaves
/// @notice A controller, two authorities and strangers set statuses and record attestations, whatever
/// comes to their mind. Writes down what each of them really said.
contract Speakers is TrustFixture {
    address[4] private _accounts = [address(0), HK_AUTHORITY, CN_AUTHORITY, STRANGER];
    bytes32[3] private _leaves = [bytes32("plan"), "transfer", "attestation"];

    mapping(address account => mapping(bytes32 leaf => IStatuses.StatusChange[])) private _said;

    /// @notice How many attestations were recorded
    uint256 public recorded;

    /// @notice How often an attestation was recorded by one who may not
    uint256 public breaches;

    constructor() {
        _setUpTrust();
        _accredit();
        _accounts[0] = CONTROLLER;
    }

    function target() external view returns (IAttestationRegistry) {
        return attestations;
    }

    function accounts() external view returns (address[4] memory) {
        return _accounts;
    }

    function leaves() external view returns (bytes32[3] memory) {
        return _leaves;
    }

    function said(address account, bytes32 leaf)
        external
        view
        returns (IStatuses.StatusChange[] memory)
    {
        return _said[account][leaf];
    }

    function controller() external view returns (address) {
        return CONTROLLER;
    }

    function key() external pure returns (bytes32) {
        return KEY;
    }

    /// @notice Lets time pass
    function wait(uint8 time) external {
        vm.warp(vm.getBlockTimestamp() + time);
    }

    /// @notice Someone says something of one of the leaves
    function say(uint256 who, uint256 which, uint8 status, uint8 reason) external {
        address account = _accounts[who % 4];
        bytes32 leaf = _leaves[which % 3];
        IStatuses.Status what = IStatuses.Status(1 + status % 4);
        vm.prank(account);
        try attestations.setStatus(what, reason, _one(leaf)) {
            _said[account][leaf].push(IStatuses.StatusChange(_now(), what, reason));
        } catch {}
    }

    /// @notice Someone records an attestation under the attestor's key
    function record(uint256 who) external {
        address account = _accounts[who % 4];
        vm.prank(account);
        try attestations.recordAttestation(_approval("plan", bytes32(recorded))) {
            if (account != CONTROLLER) ++breaches;
            ++recorded;
        } catch {
            if (account == CONTROLLER) ++breaches;
        }
    }
}

contract AttestationRegistryInvariantTest {
    Speakers private _speakers;

    function setUp() public {
        _speakers = new Speakers();
    }

    /// @dev Foundry calls these, the registry itself by anyone and with anything.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](2);
        targets[0] = address(_speakers);
        targets[1] = address(_speakers.target());
    }

    function invariant_aHistory_isWhatItsOwnerSaidAndNothingElse() public view {
        IAttestationRegistry registry = _speakers.target();
        address[4] memory accounts = _speakers.accounts();
        bytes32[3] memory leaves = _speakers.leaves();
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                IStatuses.StatusChange[] memory found =
                    registry.statusHistory(accounts[i], leaves[j], 0, type(uint256).max);
                IStatuses.StatusChange[] memory said = _speakers.said(accounts[i], leaves[j]);
                vm.assertEq(
                    keccak256(abi.encode(found)), keccak256(abi.encode(said)), "a stranger's word"
                );
            }
        }
    }

    function invariant_revoked_isFinal() public view {
        address[4] memory accounts = _speakers.accounts();
        bytes32[3] memory leaves = _speakers.leaves();
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                IStatuses.StatusChange[] memory said = _speakers.said(accounts[i], leaves[j]);
                for (uint256 k = 0; k + 1 < said.length; ++k) {
                    vm.assertTrue(said[k].status != IStatuses.Status.Revoked, "said more after it");
                }
            }
        }
    }

    function invariant_attestations_areRecordedByTheControllerAlone() public view {
        vm.assertEq(_speakers.breaches(), 0, "by one who may not, or not by the one who may");
        IAttestationRegistry registry = _speakers.target();
        bytes32 key = _speakers.key();
        for (uint256 i = 0; i < _speakers.recorded(); ++i) {
            IAttestationRegistry.Record memory record = registry.recordOf("HK", key, bytes32(i));
            vm.assertEq(record.controller, _speakers.controller(), "controller");
            vm.assertEq(record.subjectLeaf, bytes32("plan"), "what was recorded stays");
        }
    }
}

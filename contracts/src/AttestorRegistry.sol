// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Authorities} from "./attestor/Authorities.sol";
import {IAttestorRegistry} from "./interfaces/IAttestorRegistry.sol";
import {BlockTime} from "./libraries/BlockTime.sol";

/// @title AttestorRegistry
/// @notice See `IAttestorRegistry`. Cannot be upgraded.
contract AttestorRegistry is IAttestorRegistry, Authorities {
    /// @notice All stages that there are
    uint8 public constant ALL_STAGES = 7;

    mapping(bytes2 jurisdiction => mapping(bytes32 key => Change[])) private _changes;

    /// @notice Deploys a registry without any authority yet
    /// @param admin Who appoints the authorities
    constructor(address admin) Authorities(admin) {}

    /// @inheritdoc IAttestorRegistry
    function accredit(
        bytes2 jurisdiction,
        bytes32 key,
        address controller,
        uint8 stages,
        uint48 from,
        uint48 until
    ) external onlyAuthority(jurisdiction) {
        if (key == 0) revert ZeroKey();
        if (controller == address(0)) revert ZeroAddress();
        if (stages == 0 || stages > ALL_STAGES) revert InvalidStages(stages);
        Standing standing = standingOf(jurisdiction, key);
        if (standing == Standing.Suspended || standing == Standing.Compromised) {
            revert WrongStanding(jurisdiction, key, standing);
        }
        uint48 time = BlockTime.current();
        if (from < time) from = time;
        if (until <= from) revert InvalidPeriod(from, until);
        _changes[jurisdiction][key].push(
            Change(time, Standing.Accredited, 0, stages, from, until, controller)
        );
        emit KeyAccredited(jurisdiction, key, controller, stages, from, until);
    }

    /// @inheritdoc IAttestorRegistry
    function suspend(bytes2 jurisdiction, bytes32 key, uint8 reason)
        external
        onlyAuthority(jurisdiction)
    {
        Standing standing = standingOf(jurisdiction, key);
        if (standing != Standing.Accredited) revert WrongStanding(jurisdiction, key, standing);
        _change(jurisdiction, key, Standing.Suspended, reason, 0);
        emit KeySuspended(jurisdiction, key, reason);
    }

    /// @inheritdoc IAttestorRegistry
    function reinstate(bytes2 jurisdiction, bytes32 key, uint8 reason)
        external
        onlyAuthority(jurisdiction)
    {
        Standing standing = standingOf(jurisdiction, key);
        if (standing != Standing.Suspended) revert WrongStanding(jurisdiction, key, standing);
        // Without stages and period: those of before hold again.
        _change(jurisdiction, key, Standing.Accredited, reason, 0);
        emit KeyReinstated(jurisdiction, key, reason);
    }

    /// @inheritdoc IAttestorRegistry
    function revoke(bytes2 jurisdiction, bytes32 key, uint8 reason)
        external
        onlyAuthority(jurisdiction)
    {
        Standing standing = standingOf(jurisdiction, key);
        if (standing != Standing.Accredited && standing != Standing.Suspended) {
            revert WrongStanding(jurisdiction, key, standing);
        }
        _change(jurisdiction, key, Standing.Revoked, reason, 0);
        emit KeyRevoked(jurisdiction, key, reason);
    }

    /// @inheritdoc IAttestorRegistry
    function revokeCompromised(bytes2 jurisdiction, bytes32 key, uint8 reason, uint48 since)
        external
        onlyAuthority(jurisdiction)
    {
        Change[] storage list = _changes[jurisdiction][key];
        Standing standing = standingOf(jurisdiction, key);
        if (standing == Standing.None) revert WrongStanding(jurisdiction, key, standing);
        uint48 latest =
            standing == Standing.Compromised ? list[list.length - 1].from - 1 : BlockTime.current();
        if (since == 0 || since > latest) revert InvalidCompromiseDate(since, latest);
        _change(jurisdiction, key, Standing.Compromised, reason, since);
        emit KeyCompromised(jurisdiction, key, reason, since);
    }

    /// @inheritdoc IAttestorRegistry
    function isAccredited(bytes2 jurisdiction, bytes32 key, Stage stage, uint48 time)
        external
        view
        returns (bool)
    {
        if (time > BlockTime.current()) return false;
        (Change memory grant, bool suspended) = _grantAt(_changes[jurisdiction][key], time);
        return !suspended && (grant.stages >> uint8(stage)) & 1 == 1;
    }

    /// @inheritdoc IAttestorRegistry
    function controllerAt(bytes2 jurisdiction, bytes32 key, uint48 time)
        external
        view
        returns (address)
    {
        (Change memory grant,) = _grantAt(_changes[jurisdiction][key], time);
        return grant.controller;
    }

    /// @inheritdoc IAttestorRegistry
    function historyLength(bytes2 jurisdiction, bytes32 key) external view returns (uint256) {
        return _changes[jurisdiction][key].length;
    }

    /// @inheritdoc IAttestorRegistry
    function history(bytes2 jurisdiction, bytes32 key, uint256 start, uint256 count)
        external
        view
        returns (Change[] memory changes)
    {
        Change[] storage list = _changes[jurisdiction][key];
        if (start >= list.length) return changes;
        changes = new Change[](Math.min(count, list.length - start));
        for (uint256 i = 0; i < changes.length; ++i) {
            changes[i] = list[start + i];
        }
    }

    /// @inheritdoc IAttestorRegistry
    function standingOf(bytes2 jurisdiction, bytes32 key) public view returns (Standing) {
        Change[] storage list = _changes[jurisdiction][key];
        return list.length == 0 ? Standing.None : list[list.length - 1].standing;
    }

    function _change(
        bytes2 jurisdiction,
        bytes32 key,
        Standing standing,
        uint8 reason,
        uint48 since
    ) private {
        _changes[jurisdiction][key].push(
            Change(BlockTime.current(), standing, reason, 0, since, 0, address(0))
        );
    }

    /// @notice Finds what governed a key at a time
    /// @dev Reads backwards from the newest change: the last grant that had begun governs, unless a
    /// revocation lies in between. Only the authority can make the list longer, one change a call.
    /// @param list The key's changes
    /// @param time The time
    /// @return grant Where none governs, one without stages and controller
    /// @return suspended Whether the key was suspended then
    function _grantAt(Change[] storage list, uint48 time)
        private
        view
        returns (Change memory grant, bool suspended)
    {
        bool decided = false;
        for (uint256 i = list.length; i > 0; --i) {
            Change memory change = list[i - 1];
            if (change.standing == Standing.Compromised) {
                // The one change that reaches back before its own time.
                if (time >= change.from) break;
                continue;
            }
            if (change.time > time) continue;
            if (change.standing == Standing.Revoked) break;
            if (change.stages == 0) {
                if (!decided) suspended = change.standing == Standing.Suspended;
                decided = true;
            } else if (change.from <= time) {
                if (time < change.until) grant = change;
                break;
            }
        }
    }
}

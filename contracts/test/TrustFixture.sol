// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AttestationRegistry} from "../src/AttestationRegistry.sol";
import {AttestorRegistry} from "../src/AttestorRegistry.sol";
import {IAttestationRegistry} from "../src/interfaces/IAttestationRegistry.sol";
import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {vm} from "./Vm.sol";

/// @title What tests of accreditation and attestation start from
/// @notice Two jurisdictions with an authority each, and one accredited key with its controller.
abstract contract TrustFixture {
    uint48 internal constant START = 1_700_000_000;
    // Just long enough before that they may hand on.
    uint48 internal constant APPOINTED = START - 1 days;
    bytes2 internal constant HK = "HK";
    bytes2 internal constant CN = "CN";
    bytes2 internal constant NOWHERE = "ZZ";
    address internal constant REGISTRAR = address(0x4E6);
    address internal constant HK_AUTHORITY = address(0x48);
    address internal constant CN_AUTHORITY = address(0x43);
    address internal constant STRANGER = address(0xBAD);
    bytes32 internal constant KEY = keccak256("an attestor's key");
    uint256 internal constant CONTROLLER_KEY = 0xC0FFEE;
    uint8 internal constant ALL = 7;
    uint8 internal constant REASON = 4;
    uint48 internal constant LATER = START + 365 days;

    address internal immutable CONTROLLER = vm.addr(CONTROLLER_KEY);
    AttestorRegistry internal attestors;
    AttestationRegistry internal attestations;

    function _setUpTrust() internal {
        vm.warp(APPOINTED);
        attestors = new AttestorRegistry(REGISTRAR);
        attestations = new AttestationRegistry(attestors);
        _appoint(HK, HK_AUTHORITY);
        _appoint(CN, CN_AUTHORITY);
        vm.warp(START);
    }

    function _appoint(bytes2 jurisdiction, address authority) internal {
        vm.prank(REGISTRAR);
        attestors.appointAuthority(jurisdiction, authority);
    }

    /// @dev The authority hands its place on.
    function _handOn(bytes2 jurisdiction, address next) internal {
        address present = attestors.authorityOf(jurisdiction);
        vm.prank(present);
        attestors.offerAuthority(jurisdiction, next);
        vm.prank(next);
        attestors.acceptAuthority(jurisdiction);
    }

    /// @dev Accredits the key in Hong Kong for everything, from now on.
    function _accredit() internal {
        _accredit(CONTROLLER, ALL, 0, LATER);
    }

    function _accredit(address controller, uint8 stages, uint48 from, uint48 until) internal {
        vm.prank(HK_AUTHORITY);
        attestors.accredit(HK, KEY, controller, stages, from, until);
    }

    function _isAccredited(uint48 time) internal view returns (bool) {
        return attestors.isAccredited(HK, KEY, IAttestorRegistry.Stage.PreAssessment, time);
    }

    function _approval(bytes32 plan, bytes32 leaf)
        internal
        pure
        returns (IAttestationRegistry.Attestation memory)
    {
        return IAttestationRegistry.Attestation({
            jurisdiction: HK,
            key: KEY,
            stage: IAttestorRegistry.Stage.PreAssessment,
            outcome: IAttestationRegistry.Outcome.Approved,
            subjectLeaf: plan,
            attestationLeaf: leaf,
            validFrom: START,
            validUntil: LATER
        });
    }

    function _now() internal view returns (uint48) {
        return uint48(vm.getBlockTimestamp());
    }

    function _one(bytes32 leaf) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](1);
        leaves[0] = leaf;
    }
}

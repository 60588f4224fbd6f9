// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestorRegistry} from "../src/interfaces/IAttestorRegistry.sol";
import {IAuthorities} from "../src/interfaces/IAuthorities.sol";
import {TrustFixture} from "./TrustFixture.sol";
import {vm} from "./Vm.sol";

/// @title Authorities, those who were, those who would be, and everyone else
/// @notice Each of five accounts tries everything in each of three jurisdictions. Writes down who
/// really did what, to compare with what the registry keeps.
contract Claimants is TrustFixture {
    struct Made {
        bytes2 jurisdiction;
        address by;
        uint48 time;
    }

    bytes2[3] private _jurisdictions = [HK, CN, bytes2("MO")];
    address[5] private _accounts =
        [HK_AUTHORITY, CN_AUTHORITY, STRANGER, address(0x11), address(0x12)];

    /// @dev The books: who stands, by what the admin and the authorities themselves have done.
    mapping(bytes2 jurisdiction => address) private _stands;
    mapping(bytes2 jurisdiction => uint48) private _since;
    Made[] private _made;

    /// @notice How often something was accepted that should not have been
    uint256 public breaches;

    /// @notice How often something was refused that should have been accepted
    uint256 public refusals;

    constructor() {
        _setUpTrust();
        (_stands[HK], _stands[CN]) = (HK_AUTHORITY, CN_AUTHORITY);
        (_since[HK], _since[CN]) = (APPOINTED, APPOINTED);
    }

    function target() external view returns (IAttestorRegistry) {
        return attestors;
    }

    function made() external view returns (Made[] memory) {
        return _made;
    }

    function stands(bytes2 jurisdiction) external view returns (address) {
        return _stands[jurisdiction];
    }

    function jurisdictions() external view returns (bytes2[3] memory) {
        return _jurisdictions;
    }

    function accounts() external view returns (address[5] memory) {
        return _accounts;
    }

    /// @notice Lets time pass
    function wait(uint256 time) external {
        vm.warp(vm.getBlockTimestamp() + time % 3 days);
    }

    /// @notice Someone accredits a key
    function accredit(uint256 who, uint256 where, uint8 stages) external {
        (address by, bytes2 jurisdiction) = _pick(who, where);
        stages = 1 + stages % ALL;
        bytes32 key = keccak256(abi.encode(_made.length));
        vm.prank(by);
        try attestors.accredit(jurisdiction, key, by, stages, 0, type(uint48).max) {
            if (_stands[jurisdiction] != by) ++breaches;
            _made.push(Made(jurisdiction, by, _now()));
        } catch {
            if (_stands[jurisdiction] == by) ++refusals;
        }
    }

    /// @notice The admin, or someone else, appoints an authority
    function appoint(uint256 who, uint256 where, uint256 whom) external {
        (address by, bytes2 jurisdiction) = _pick(who, where);
        if (who % 2 == 0) by = REGISTRAR;
        address authority = _accounts[whom % 5];
        vm.prank(by);
        try attestors.appointAuthority(jurisdiction, authority) {
            if (by != REGISTRAR) ++breaches;
            if (_stands[jurisdiction] == address(0)) _begin(jurisdiction, authority);
        } catch {
            if (by == REGISTRAR && authority != _stands[jurisdiction]) ++refusals;
        }
    }

    /// @notice Anyone completes what was announced
    function complete(uint256 where) external {
        (, bytes2 jurisdiction) = _pick(0, where);
        (address announced, uint48 notBefore) = attestors.announcedAuthority(jurisdiction);
        try attestors.completeAppointment(jurisdiction) {
            if (announced == address(0) || _now() < notBefore) ++breaches;
            _begin(jurisdiction, announced);
        } catch {
            if (announced != address(0) && _now() >= notBefore) ++refusals;
        }
    }

    /// @notice Someone offers the place to another, and a third takes it
    function handOn(uint256 who, uint256 where, uint256 whom, uint256 taker) external {
        (address by, bytes2 jurisdiction) = _pick(who, where);
        address offered = _accounts[whom % 5];
        vm.prank(by);
        try attestors.offerAuthority(jurisdiction, offered) {
            if (by != _stands[jurisdiction]) ++breaches;
        } catch {
            if (by == _stands[jurisdiction] && offered != by) ++refusals;
        }
        address next = _accounts[taker % 5];
        bool may = next == attestors.offeredAuthority(jurisdiction)
            && _now() >= _since[jurisdiction] + 1 days;
        vm.prank(next);
        try attestors.acceptAuthority(jurisdiction) {
            if (!may) ++breaches;
            _begin(jurisdiction, next);
        } catch {
            if (may) ++refusals;
        }
    }

    function _begin(bytes2 jurisdiction, address authority) private {
        (_stands[jurisdiction], _since[jurisdiction]) = (authority, _now());
    }

    function _pick(uint256 who, uint256 where) private view returns (address, bytes2) {
        return (_accounts[who % 5], _jurisdictions[where % 3]);
    }
}

contract AttestorRegistryInvariantTest {
    Claimants private _claimants;

    function setUp() public {
        _claimants = new Claimants();
    }

    /// @dev Foundry calls these, the registry itself by anyone and with anything.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](2);
        targets[0] = address(_claimants);
        targets[1] = address(_claimants.target());
    }

    function invariant_nothingIsDone_byOneWhoMayNot() public view {
        vm.assertEq(_claimants.breaches(), 0, "accepted from one who may not");
    }

    function invariant_whatOneMayDo_isAccepted() public view {
        vm.assertEq(_claimants.refusals(), 0, "refused from one who may");
    }

    function invariant_eachAccreditation_isWithinATermOfItsMaker() public view {
        IAttestorRegistry registry = _claimants.target();
        Claimants.Made[] memory made = _claimants.made();
        for (uint256 i = 0; i < made.length; ++i) {
            IAuthorities.Term[] memory terms = registry.terms(made[i].jurisdiction);
            bool found = false;
            for (uint256 j = 0; j < terms.length; ++j) {
                found = found
                    || (terms[j].holder == made[i].by
                        && terms[j].from <= made[i].time
                        && made[i].time <= terms[j].until);
            }
            vm.assertTrue(found, "an accreditation outside its authority's term");
        }
    }

    function invariant_theKeys_areAccreditedInTheirOwnJurisdictionAlone() public view {
        IAttestorRegistry registry = _claimants.target();
        bytes2[3] memory jurisdictions = _claimants.jurisdictions();
        Claimants.Made[] memory made = _claimants.made();
        for (uint256 i = 0; i < made.length; ++i) {
            bytes32 key = keccak256(abi.encode(i));
            for (uint256 j = 0; j < 3; ++j) {
                vm.assertEq(
                    registry.historyLength(jurisdictions[j], key) != 0,
                    jurisdictions[j] == made[i].jurisdiction,
                    "jurisdiction"
                );
            }
        }
    }

    function invariant_terms_followEachOtherWithoutAGap() public view {
        IAttestorRegistry registry = _claimants.target();
        bytes2[3] memory jurisdictions = _claimants.jurisdictions();
        address[5] memory accounts = _claimants.accounts();
        uint256[5] memory counts;
        for (uint256 i = 0; i < 3; ++i) {
            IAuthorities.Term[] memory terms = registry.terms(jurisdictions[i]);
            address standing = registry.authorityOf(jurisdictions[i]);
            vm.assertEq(standing, _claimants.stands(jurisdictions[i]), "who stands");
            for (uint256 j = 0; j < terms.length; ++j) {
                bool last = j + 1 == terms.length;
                uint48 until = last ? type(uint48).max : terms[j + 1].from;
                vm.assertEq(terms[j].until, until, "a gap");
                vm.assertLe(terms[j].from, terms[j].until, "backwards");
            }
            for (uint256 j = 0; j < 5; ++j) {
                if (accounts[j] == standing) ++counts[j];
            }
        }
        for (uint256 j = 0; j < 5; ++j) {
            vm.assertEq(registry.authorityCount(accounts[j]), counts[j], "count");
        }
    }
}

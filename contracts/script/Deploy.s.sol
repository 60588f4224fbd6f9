// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../src/AnchorRegistry.sol";
import {AttestationRegistry} from "../src/AttestationRegistry.sol";
import {AttestorRegistry} from "../src/AttestorRegistry.sol";
import {ProvenanceGate} from "../src/ProvenanceGate.sol";
import {vm} from "../test/Vm.sol";

/// @title The contracts onto a chain, where `crossproof deploy` has them too
/// @notice forge script contracts/script/Deploy.s.sol --rpc-url URL --broadcast --private-key KEY
/// @dev Same code, same salt, same deployer: the addresses are those of ledger/deploy. What stands
/// already is left alone, for only this very creation code can have put anything at its address.
/// `CROSSPROOF_ADMIN` names AttestorRegistry's admin; without it that is who pays. docs/chains.md
/// says what it does not do: check the code that it finds, and chains without the deployer.
contract Deploy {
    error NoDeployer();
    error ElsewhereThanExpected(address expected, address found);

    /// @dev ledger/deploy/blueprint.py has the same.
    bytes32 public constant SALT = "crossproof/1";

    /// @dev Where Foundry sends creations with a salt while it broadcasts.
    address public constant DEPLOYER = 0x4e59b44847b379578588920cA78FbF26c0B4956C;

    /// @notice Deploys whatever is not there yet
    /// @return anchorRegistry Where heads are anchored
    /// @return attestorRegistry Who is accredited
    /// @return attestationRegistry What was attested and what became of it
    /// @return provenanceGate What other contracts ask
    function run()
        external
        returns (
            AnchorRegistry anchorRegistry,
            AttestorRegistry attestorRegistry,
            AttestationRegistry attestationRegistry,
            ProvenanceGate provenanceGate
        )
    {
        if (DEPLOYER.code.length == 0) {
            revert NoDeployer();
        }
        address admin = vm.envOr("CROSSPROOF_ADMIN", msg.sender);
        vm.startBroadcast();

        (address place, bool isThere) = _place(type(AnchorRegistry).creationCode);
        anchorRegistry = isThere ? AnchorRegistry(place) : new AnchorRegistry{salt: SALT}();
        _check(place, address(anchorRegistry));

        (place, isThere) =
            _place(abi.encodePacked(type(AttestorRegistry).creationCode, abi.encode(admin)));
        attestorRegistry =
            isThere ? AttestorRegistry(place) : new AttestorRegistry{salt: SALT}(admin);
        _check(place, address(attestorRegistry));

        (place, isThere) = _place(
            abi.encodePacked(type(AttestationRegistry).creationCode, abi.encode(attestorRegistry))
        );
        attestationRegistry = isThere
            ? AttestationRegistry(place)
            : new AttestationRegistry{salt: SALT}(attestorRegistry);
        _check(place, address(attestationRegistry));

        (place, isThere) = _place(
            abi.encodePacked(
                type(ProvenanceGate).creationCode,
                abi.encode(anchorRegistry, attestorRegistry, attestationRegistry)
            )
        );
        provenanceGate = isThere
            ? ProvenanceGate(place)
            : new ProvenanceGate{salt: SALT}(anchorRegistry, attestorRegistry, attestationRegistry);
        _check(place, address(provenanceGate));

        vm.stopBroadcast();
    }

    /// @dev EIP-1014.
    function _place(bytes memory creationCode) private view returns (address place, bool isThere) {
        bytes32 digest =
            keccak256(abi.encodePacked(bytes1(0xff), DEPLOYER, SALT, keccak256(creationCode)));
        place = address(uint160(uint256(digest)));
        isThere = place.code.length > 0;
    }

    function _check(address expected, address found) private pure {
        if (expected != found) revert ElsewhereThanExpected(expected, found);
    }
}

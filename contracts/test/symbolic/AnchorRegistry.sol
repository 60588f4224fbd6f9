// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorRegistry} from "../../src/AnchorRegistry.sol";
import {IAnchorRegistry} from "../../src/interfaces/IAnchorRegistry.sol";
import {vm} from "../Vm.sol";

/// @title The cheatcodes of halmos that these proofs use
interface Symbolic {
    function enableSymbolicStorage(address account) external;
    function createAddress(string calldata name) external returns (address);
    function createBytes32(string calldata name) external returns (bytes32);
    function createUint(uint256 bits, string calldata name) external returns (uint256);
    function createCalldata(string calldata contractName) external returns (bytes memory);
}

/// @dev Where halmos answers these calls.
Symbolic constant svm = Symbolic(address(uint160(uint256(keccak256("svm cheat code")))));

/// @title Any hash function in place of SHA-256
/// @dev halmos cannot reason about the precompile's bits, and need not: what is proved holds whatever
/// the hash. It only has to tell the empty string as the constructor wants it.
contract AnyHash {
    bytes32 private constant _EMPTY_ROOT =
        0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    fallback(bytes calldata input) external returns (bytes memory) {
        return abi.encode(input.length == 0 ? _EMPTY_ROOT : keccak256(input));
    }
}

/// @notice Proofs by `scripts/prove-contracts`, for every caller, every argument and every state.
/// @dev Foundry runs none of these: their names begin otherwise. The step of an induction: whatever a
/// log's state, one call of any function leaves its anchors alone. The state is arbitrary but for the
/// invariant, which each step proves to hold afterwards: nothing is anchored beyond the head.
contract AnchorRegistrySymbolicTest {
    AnchorRegistry private _registry;

    function setUp() public {
        vm.etch(address(0x02), address(new AnyHash()).code);
        _registry = new AnchorRegistry();
        svm.enableSymbolicStorage(address(_registry));
    }

    function check_anyCall_keepsEveryAnchor() public {
        bytes32 logId = svm.createBytes32("logId");
        uint64 size = uint64(svm.createUint(64, "size"));
        bytes32 before = _registry.anchorCommitment(logId, size);
        vm.assume(_isOpen(logId));
        vm.assume(before == 0 || size <= _headSize(logId));

        address caller = svm.createAddress("caller");
        bytes memory call = svm.createCalldata("AnchorRegistry");
        vm.prank(caller);
        (bool done,) = address(_registry).call(call);
        vm.assume(done);

        bytes32 afterwards = _registry.anchorCommitment(logId, size);
        if (before != 0) assert(afterwards == before);
        if (afterwards != 0) assert(size <= _headSize(logId));
    }

    function _isOpen(bytes32 logId) private view returns (bool) {
        (bool open,) = address(_registry).staticcall(abi.encodeCall(IAnchorRegistry.head, (logId)));
        return open;
    }

    function _headSize(bytes32 logId) private view returns (uint64 size) {
        (size,,,) = _registry.head(logId);
    }
}

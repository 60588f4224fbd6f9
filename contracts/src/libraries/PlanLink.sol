// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title The plan that a transfer's entry names
/// @notice Reads `covered_by.plan.leaf_hash` from the bytes of a statement, kind `transfer`, version 1.
/// @dev What it shows: where the bytes are one well-formed JSON object in RFC 8785's form, they have a
/// member `covered_by` of their own, not one of an object inside, and not words inside a string; its
/// value begins with the persons' running total and with a plan of this leaf hash, which is how the
/// canonical form of a transfer is laid out: members sorted, nothing between them. Strings are walked
/// over whole, escapes included, so none can pretend to be a member.
///
/// What it does not show: that the rest of the bytes is a valid statement. The log refuses others, so
/// that is as sure as the log's operators.
library PlanLink {
    // JSON is full of double ones.
    // solhint-disable quotes

    bytes private constant _MEMBER = '"covered_by":';
    bytes private constant _PERSONAL = '{"persons":{"personal":';
    bytes private constant _SENSITIVE = ',"sensitive":';
    bytes private constant _PLAN = '},"plan":{"leaf_hash":"';
    uint256 private constant _HASH_DIGITS = 64;
    uint256 private constant _QUOTE = 0x22;
    uint256 private constant _BACKSLASH = 0x5c;
    uint256 private constant _OPEN_OBJECT = 0x7b;
    uint256 private constant _CLOSE_OBJECT = 0x7d;
    uint256 private constant _OPEN_ARRAY = 0x5b;
    uint256 private constant _CLOSE_ARRAY = 0x5d;

    /// @notice Finds the plan that an entry names
    /// @param entry The entry's bytes
    /// @return named Whether it names one
    /// @return leaf The plan's leaf hash
    function planOf(bytes calldata entry) internal pure returns (bool named, bytes32 leaf) {
        uint256 depth = 0;
        uint256 i = 0;
        while (i < entry.length) {
            uint256 char = _at(entry, i);
            if (char == _QUOTE) {
                if (depth == 1 && _has(entry, i, _MEMBER)) {
                    return _planIn(entry, i + _MEMBER.length);
                }
                i = _afterString(entry, i);
                continue;
            }
            unchecked {
                if (char == _OPEN_OBJECT || char == _OPEN_ARRAY) {
                    ++depth;
                } else if (char == _CLOSE_OBJECT || char == _CLOSE_ARRAY) {
                    if (depth < 2) break;
                    --depth;
                }
                ++i;
            }
        }
    }

    /// @dev Reads the value of the member, as far as the plan's leaf hash.
    function _planIn(bytes calldata entry, uint256 i) private pure returns (bool, bytes32) {
        if (!_has(entry, i, _PERSONAL)) return (false, 0);
        i = _afterDigits(entry, i + _PERSONAL.length);
        if (!_has(entry, i, _SENSITIVE)) return (false, 0);
        i = _afterDigits(entry, i + _SENSITIVE.length);
        if (!_has(entry, i, _PLAN)) return (false, 0);
        i += _PLAN.length;
        if (entry.length < i + _HASH_DIGITS + 1 || entry[i + _HASH_DIGITS] != '"') {
            return (false, 0);
        }
        return _hash(entry[i:i + _HASH_DIGITS]);
    }

    function _hash(bytes calldata digits) private pure returns (bool, bytes32) {
        uint256 value = 0;
        for (uint256 i = 0; i < _HASH_DIGITS; ++i) {
            uint8 char = uint8(digits[i]);
            uint256 digit;
            if (char >= 0x30 && char <= 0x39) digit = char - 0x30;
            else if (char >= 0x61 && char <= 0x66) digit = char - 0x57;
            else return (false, 0);
            value = value << 4 | digit;
        }
        return (true, bytes32(value));
    }

    /// @dev The place after the string that begins here; beyond the end where it does not end.
    function _afterString(bytes calldata entry, uint256 i) private pure returns (uint256) {
        unchecked {
            for (++i; i < entry.length; ++i) {
                uint256 char = _at(entry, i);
                if (char == _QUOTE) return i + 1;
                if (char == _BACKSLASH) ++i;
            }
        }
        return i;
    }

    function _afterDigits(bytes calldata entry, uint256 i) private pure returns (uint256) {
        while (i < entry.length && entry[i] >= "0" && entry[i] <= "9") ++i;
        return i;
    }

    /// @dev The byte at a place that is known to be inside. Without Solidity's own look at the bounds:
    /// an entry of 65,535 bytes must fit into a transaction.
    function _at(bytes calldata entry, uint256 i) private pure returns (uint256 char) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            char := byte(0, calldataload(add(entry.offset, i)))
        }
    }

    function _has(bytes calldata entry, uint256 i, bytes memory words) private pure returns (bool) {
        return i + words.length <= entry.length
            && keccak256(entry[i:i + words.length]) == keccak256(words);
    }
}

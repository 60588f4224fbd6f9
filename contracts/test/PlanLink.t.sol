// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {PlanLink} from "../src/libraries/PlanLink.sol";
import {vm} from "./Vm.sol";

/// @dev Makes the library callable with calldata.
contract PlanLinkHarness {
    function planOf(bytes calldata entry) external pure returns (bool, bytes32) {
        return PlanLink.planOf(entry);
    }
}

contract PlanLinkTest {
    bytes32 private constant _PLAN = keccak256("plan");
    bytes32 private constant _OTHER = keccak256("other");

    PlanLinkHarness private _link = new PlanLinkHarness();

    function test_planOf_canonicalTransfer_isFound() public view {
        _assertNamed(string.concat("{", _coverage(_PLAN), "}"));
        _assertNamed(
            string.concat(
                '{"_sd":["abc","def"],"_sd_alg":"sha-256","channel":{"endpoints":["a","b"],"id":"c"},',
                _coverage(_PLAN),
                ',"data_items":[]}'
            )
        );
    }

    function test_planOf_noCoverage_isNone() public view {
        string[4] memory entries = ["", "{}", '{"kind":"plan"}', '{"a":["covered_by"],"b":{}}'];
        for (uint256 i = 0; i < entries.length; ++i) {
            _assertNone(entries[i]);
        }
    }

    function test_planOf_coverageOfAnInnerObject_isNone() public view {
        _assertNone(string.concat('{"channel":{', _coverage(_PLAN), "}}"));
        _assertNone(string.concat('{"channel":[{', _coverage(_PLAN), "}]}"));
        _assertNamed(
            string.concat('{"channel":[{', _coverage(_OTHER), "}],", _coverage(_PLAN), "}")
        );
    }

    /// @dev What looks like a member but stands in a string, as RFC 8785 would escape it.
    function test_planOf_coverageInsideAString_isNone() public view {
        string memory words = _escaped(_coverage(_OTHER));
        _assertNone(string.concat('{"channel":"', words, '"}'));
        _assertNone(string.concat('{"channel":"{', words, '}"}'));
        _assertNone(string.concat('{"', words, '":1}'));
        _assertNone(string.concat('{"channel":"\\\\\\"', words, '"}'));
        _assertNamed(string.concat('{"channel":"}', words, '",', _coverage(_PLAN), "}"));
        _assertNamed(string.concat('{"channel":"ends with \\\\",', _coverage(_PLAN), "}"));
    }

    function test_planOf_coverageAsAValue_isNone() public view {
        _assertNone('{"channel":"covered_by","kind":"transfer"}');
        _assertNamed(string.concat('{"a":"covered_by",', _coverage(_PLAN), "}"));
    }

    function test_planOf_anotherLayout_isNone() public view {
        string memory hash = _hex(_PLAN);
        string[9] memory entries = [
            string.concat('{"covered_by":{"plan":{"leaf_hash":"', hash, '"}}}'),
            string.concat(
                '{"covered_by":{"persons":{"personal":1},"plan":{"leaf_hash":"', hash, '"}}}'
            ),
            _with("1", "2", string.concat(hash, "0")),
            _with("1", "2", _upper(hash)),
            _with("1", "x", hash),
            _with("-1", "2", hash),
            _with("1", "2", "g"),
            string.concat('{"covered_by": {"persons":{"personal":1,"sensitive":2}}}'),
            '{"covered_by":{"persons":{"personal":1,"sensitive":2},"plan":{"leaf_hash":"abc'
        ];
        for (uint256 i = 0; i < entries.length; ++i) {
            _assertNone(entries[i]);
        }
    }

    function test_planOf_afterTheObject_isNone() public view {
        _assertNone(string.concat("{},{", _coverage(_PLAN), "}"));
        _assertNone(string.concat("]]", _coverage(_PLAN)));
    }

    /// @dev Cut anywhere before its end, an entry names nothing and nothing goes wrong.
    function test_fuzz_planOf_cutEntry_isNone(uint256 end) public view {
        bytes memory whole = bytes(string.concat("{", _coverage(_PLAN)));
        // The last bytes after the hash are not needed: its closing quote is.
        uint256 needed = whole.length - bytes('}},"sequence":7').length;
        bytes memory cut = new bytes(end % needed);
        for (uint256 i = 0; i < cut.length; ++i) {
            cut[i] = whole[i];
        }
        _assertNone(string(cut));
    }

    function test_fuzz_planOf_anyBytes_neverReverts(bytes calldata entry) public view {
        _link.planOf(entry);
    }

    /// @dev Any words, escaped as JSON wants it, in the value before.
    function test_fuzz_planOf_anyStringBefore_isWalkedOver(string calldata words) public view {
        _assertNamed(string.concat('{"channel":"', _escaped(words), '",', _coverage(_PLAN), "}"));
    }

    function test_fuzz_planOf_anyPlanAndTotals(bytes32 plan, uint64 personal, uint64 sensitive)
        public
        view
    {
        string memory entry =
            _with(Strings.toString(personal), Strings.toString(sensitive), _hex(plan));
        (bool named, bytes32 leaf) = _link.planOf(bytes(entry));
        vm.assertTrue(named, "named");
        vm.assertEq(leaf, plan, "plan");
    }

    function _assertNamed(string memory entry) private view {
        (bool named, bytes32 leaf) = _link.planOf(bytes(entry));
        vm.assertTrue(named, entry);
        vm.assertEq(leaf, _PLAN, entry);
    }

    function _assertNone(string memory entry) private view {
        (bool named,) = _link.planOf(bytes(entry));
        vm.assertFalse(named, entry);
    }

    function _with(string memory personal, string memory sensitive, string memory hash)
        private
        pure
        returns (string memory)
    {
        return string.concat(
            '{"covered_by":{"persons":{"personal":',
            personal,
            ',"sensitive":',
            sensitive,
            '},"plan":{"leaf_hash":"',
            hash,
            '","record_id":"0"},"sequence":1}}'
        );
    }

    function _coverage(bytes32 plan) private pure returns (string memory) {
        return string.concat(
            '"covered_by":{"persons":{"personal":120,"sensitive":0},"plan":{"leaf_hash":"',
            _hex(plan),
            '"}},"sequence":7'
        );
    }

    function _hex(bytes32 hash) private pure returns (string memory) {
        bytes memory text = bytes(Strings.toHexString(uint256(hash), 32));
        bytes memory digits = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) {
            digits[i] = text[i + 2];
        }
        return string(digits);
    }

    function _upper(string memory text) private pure returns (string memory) {
        bytes memory upper = bytes(string.concat(text));
        for (uint256 i = 0; i < upper.length; ++i) {
            if (upper[i] >= "a") upper[i] = bytes1(uint8(upper[i]) - 0x20);
        }
        return string(upper);
    }

    function _escaped(string memory words) private pure returns (string memory) {
        bytes memory plain = bytes(words);
        bytes memory escaped;
        for (uint256 i = 0; i < plain.length; ++i) {
            bool special = plain[i] == '"' || plain[i] == "\\";
            escaped =
                special ? bytes.concat(escaped, "\\", plain[i]) : bytes.concat(escaped, plain[i]);
        }
        return string(escaped);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReleaseEscrow} from "../src/examples/ReleaseEscrow.sol";
import {IProvenanceGate} from "../src/interfaces/IProvenanceGate.sol";
import {IStatuses} from "../src/interfaces/IStatuses.sol";
import {GateFixture} from "./GateFixture.sol";
import {vm} from "./Vm.sol";

/// @title A payee that tries to be paid twice
contract Greedy {
    ReleaseEscrow private immutable _ESCROW;
    bool public refused;

    constructor(ReleaseEscrow escrow) {
        _ESCROW = escrow;
    }

    receive() external payable {
        try _ESCROW.refund(0) {}
        catch {
            refused = true;
        }
    }
}

contract ReleaseEscrowTest is GateFixture {
    address private constant _PAYER = address(0xFA1);
    address private constant _PAYEE = address(0xFA2);
    uint256 private constant _PRICE = 1 ether;
    uint256 private constant _DEADLINE = START + 30 days;

    ReleaseEscrow private _escrow;

    function setUp() public {
        _setUpGate();
        bytes2[] memory jurisdictions = new bytes2[](2);
        (jurisdictions[0], jurisdictions[1]) = (HK, CN);
        _escrow = new ReleaseEscrow(gate, _one(logId), jurisdictions);
        vm.deal(_PAYER, 10 ether);
    }

    // What it does

    function test_release_coveredTransfer_paysThePayee() public {
        uint256 id = _deposit();
        vm.expectEmit(address(_escrow));
        emit ReleaseEscrow.Released(id);
        vm.prank(STRANGER);
        _escrow.release(id, _evidence());
        vm.assertEq(_PAYEE.balance, _PRICE, "paid");
        vm.assertEq(address(_escrow).balance, 0, "nothing left");
    }

    function test_refund_afterTheDeadline_paysThePayerBack() public {
        uint256 id = _deposit();
        vm.warp(_DEADLINE);
        vm.expectEmit(address(_escrow));
        emit ReleaseEscrow.Refunded(id);
        _escrow.refund(id);
        vm.assertEq(_PAYER.balance, 10 ether, "paid back");
    }

    function test_deposit_twoOfOneTransfer_areTwo() public {
        vm.expectEmit(address(_escrow));
        emit ReleaseEscrow.Deposited(0, transferLeaf);
        vm.assertEq(_deposit(), 0, "first");
        vm.assertEq(_deposit(), 1, "second");
        vm.assertEq(_escrow.count(), 2, "count");
        _escrow.release(1, _evidence());
        vm.assertEq(address(_escrow).balance, _PRICE, "the first stays");
    }

    // Every way it says no

    function test_release_evidenceOfAnotherTransfer_reverts() public {
        uint256 id = _deposit();
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.transfer = evidence.plan;
        vm.expectRevert(
            abi.encodeWithSelector(ReleaseEscrow.OtherTransfer.selector, planLeaf, transferLeaf)
        );
        _escrow.release(id, evidence);
    }

    function test_release_notLogged_reverts() public {
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.transfer.index -= 1;
        _assertRefused(evidence, IProvenanceGate.Answer.TransferNotLogged);
        evidence = _evidence();
        evidence.plan.path[0] = 0;
        _assertRefused(evidence, IProvenanceGate.Answer.PlanNotLogged);
    }

    function test_release_logOfTheEvidencesOwn_reverts() public {
        vm.prank(STRANGER);
        bytes32 own = registry.openLog(ORIGIN, _addresses(_keys(1)), 1);
        logId = own;
        anchored = _anchor(own, entries, 0, SIZE, _keys(1));
        _assertRefused(_evidence(), IProvenanceGate.Answer.LogNotAccepted);
    }

    function test_release_callersWord_reverts() public {
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.transferEntry = "";
        _assertRefused(evidence, IProvenanceGate.Answer.LinkNotShown);
        evidence.transferEntry = "{}";
        _assertRefused(evidence, IProvenanceGate.Answer.EntryNotOfLeaf);
        evidence = _evidence();
        evidence.plan = _logged(entries[0], 0);
        _assertRefused(evidence, IProvenanceGate.Answer.PlanNotNamed);
    }

    function test_release_notAttested_reverts() public {
        IProvenanceGate.Evidence memory evidence = _evidence();
        evidence.attestation.leafHash = "another";
        _assertRefused(evidence, IProvenanceGate.Answer.NotAttested);
        evidence.attestation.jurisdiction = NOWHERE;
        _assertRefused(evidence, IProvenanceGate.Answer.JurisdictionNotAccepted);
    }

    function test_release_keyCompromised_reverts() public {
        vm.prank(HK_AUTHORITY);
        attestors.revokeCompromised(HK, KEY, REASON, START);
        _assertRefused(_evidence(), IProvenanceGate.Answer.NotAccredited);
    }

    function test_release_revoked_reverts() public {
        _say(CONTROLLER, IStatuses.Status.Suspended, APPROVAL);
        _assertRefused(_evidence(), IProvenanceGate.Answer.AttestationSuspended);
        _say(CONTROLLER, IStatuses.Status.Revoked, APPROVAL);
        _assertRefused(_evidence(), IProvenanceGate.Answer.AttestationRevoked);
    }

    function test_release_stopped_reverts() public {
        _say(HK_AUTHORITY, IStatuses.Status.Stopped, planLeaf);
        _assertRefused(_evidence(), IProvenanceGate.Answer.PlanStopped);
        _say(CN_AUTHORITY, IStatuses.Status.Stopped, transferLeaf);
        _assertRefused(_evidence(), IProvenanceGate.Answer.TransferStopped);
    }

    function test_release_twice_reverts() public {
        uint256 id = _deposit();
        IProvenanceGate.Evidence memory evidence = _evidence();
        _escrow.release(id, evidence);
        vm.expectRevert(abi.encodeWithSelector(ReleaseEscrow.NoDeposit.selector, id));
        _escrow.release(id, evidence);
        vm.warp(_DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(ReleaseEscrow.NoDeposit.selector, id));
        _escrow.refund(id);
    }

    function test_release_atTheDeadline_reverts() public {
        uint256 id = _deposit();
        IProvenanceGate.Evidence memory evidence = _evidence();
        vm.warp(_DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(ReleaseEscrow.DeadlinePassed.selector, _DEADLINE));
        _escrow.release(id, evidence);
    }

    function test_refund_beforeTheDeadline_reverts() public {
        uint256 id = _deposit();
        vm.warp(_DEADLINE - 1);
        vm.expectRevert(
            abi.encodeWithSelector(ReleaseEscrow.DeadlineNotReached.selector, _DEADLINE)
        );
        _escrow.refund(id);
    }

    function test_deposit_withAPastDeadline_reverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(ReleaseEscrow.DeadlinePassed.selector, uint256(START))
        );
        _escrow.deposit(_PAYEE, transferLeaf, START);
    }

    function test_deposit_withADeadlineTooFar_reverts() public {
        uint256 latest = START + 365 days;
        vm.expectRevert(
            abi.encodeWithSelector(ReleaseEscrow.DeadlineTooFar.selector, latest + 1, latest)
        );
        _escrow.deposit(_PAYEE, transferLeaf, latest + 1);
        // Milliseconds, on a chain of seconds.
        vm.expectRevert(
            abi.encodeWithSelector(ReleaseEscrow.DeadlineTooFar.selector, _DEADLINE * 1_000, latest)
        );
        _escrow.deposit(_PAYEE, transferLeaf, _DEADLINE * 1_000);
        _escrow.deposit(_PAYEE, transferLeaf, latest);
    }

    function test_deposit_forNobody_reverts() public {
        vm.expectRevert(ReleaseEscrow.NoPayee.selector);
        _escrow.deposit(address(0), transferLeaf, _DEADLINE);
    }

    /// @dev What cannot be paid out stays where it is, and goes back after the deadline.
    function test_release_toAPayeeThatTakesNothing_isRefundedLater() public {
        vm.prank(_PAYER);
        uint256 id = _escrow.deposit{value: _PRICE}(address(registry), transferLeaf, _DEADLINE);
        IProvenanceGate.Evidence memory evidence = _evidence();
        vm.expectRevert();
        _escrow.release(id, evidence);
        vm.warp(_DEADLINE);
        _escrow.refund(id);
        vm.assertEq(_PAYER.balance, 10 ether, "paid back");
    }

    function test_refund_toOneWhoComesBackForMore_paysOnce() public {
        Greedy greedy = new Greedy(_escrow);
        vm.deal(address(greedy), _PRICE);
        vm.prank(address(greedy));
        _escrow.deposit{value: _PRICE}(_PAYEE, transferLeaf, _DEADLINE);
        _deposit();
        vm.warp(_DEADLINE);
        _escrow.refund(0);
        vm.assertTrue(greedy.refused(), "refused the second time");
        vm.assertEq(address(greedy).balance, _PRICE, "paid once");
        vm.assertEq(address(_escrow).balance, _PRICE, "the other's price stays");
    }

    function _deposit() private returns (uint256) {
        vm.prank(_PAYER);
        return _escrow.deposit{value: _PRICE}(_PAYEE, transferLeaf, _DEADLINE);
    }

    function _assertRefused(IProvenanceGate.Evidence memory evidence, IProvenanceGate.Answer answer)
        private
    {
        uint256 id = _deposit();
        vm.expectRevert(abi.encodeWithSelector(IProvenanceGate.NotCovered.selector, answer));
        _escrow.release(id, evidence);
        vm.assertEq(_PAYEE.balance, 0, "not paid");
    }
}

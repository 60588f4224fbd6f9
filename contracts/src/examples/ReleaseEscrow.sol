// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IAttestorRegistry} from "../interfaces/IAttestorRegistry.sol";
import {IProvenanceGate} from "../interfaces/IProvenanceGate.sol";
import {BlockTime} from "../libraries/BlockTime.sol";

/// @title An escrow that pays when a transfer of data is covered
/// @notice An example of a contract that asks `ProvenanceGate` before it acts: the payer locks a price
/// for one transfer; whoever shows that it is logged, that its plan was pre-assessed and that nobody
/// stopped it releases the price to the payee; after the deadline it goes back.
/// @dev Not audited for money that matters. What it shows is where the policy comes from: from whoever
/// deploys the escrow, never from whoever brings the evidence. A payer that is a contract and takes no
/// payment is never paid back.
contract ReleaseEscrow {
    /// @notice What is locked
    struct Deposit {
        /// Who gets it back
        address payer;
        /// Who gets it
        address payee;
        /// How much
        uint256 amount;
        /// For which transfer
        bytes32 transferLeaf;
        /// From when on it goes back
        uint256 deadline;
    }

    /// @notice The longest time until a deadline, in seconds
    /// @dev A deadline in milliseconds on a chain of seconds would be 50,000 years away.
    uint48 public constant LONGEST_LOCK = 365 days;

    /// @notice Whom it asks
    IProvenanceGate public immutable GATE;

    /// @notice The deposits that are neither released nor refunded
    mapping(uint256 id => Deposit) public deposits;

    /// @notice How many deposits there were
    uint256 public count;

    bytes32[] private _logs;
    bytes2[] private _jurisdictions;

    /// @notice Emitted when a price has been locked
    /// @param id The deposit
    /// @param transferLeaf For which transfer
    event Deposited(uint256 indexed id, bytes32 indexed transferLeaf);

    /// @notice Emitted when a price has been paid
    /// @param id The deposit
    event Released(uint256 indexed id);

    /// @notice Emitted when a price has been paid back
    /// @param id The deposit
    event Refunded(uint256 indexed id);

    /// @notice Thrown when nothing is locked under this number
    error NoDeposit(uint256 id);

    /// @notice Thrown when the evidence is of another transfer
    error OtherTransfer(bytes32 shown, bytes32 expected);

    /// @notice Thrown when a price is to be released too late, or locked until a time that is past
    error DeadlinePassed(uint256 deadline);

    /// @notice Thrown when a price is to be paid back too early
    error DeadlineNotReached(uint256 deadline);

    /// @notice Thrown when a price would be locked for longer than the longest time
    error DeadlineTooFar(uint256 deadline, uint256 latest);

    /// @notice Thrown when a price would be paid to nobody
    error NoPayee();

    /// @notice Deploys an escrow
    /// @param gate Whom it asks
    /// @param logs The logs that count
    /// @param jurisdictions The jurisdictions whose accreditations and stop orders count
    constructor(IProvenanceGate gate, bytes32[] memory logs, bytes2[] memory jurisdictions) {
        GATE = gate;
        _logs = logs;
        _jurisdictions = jurisdictions;
    }

    /// @notice Locks the price sent along
    /// @param payee Who gets it
    /// @param transferLeaf For which transfer
    /// @param deadline From when on it goes back, in the chain's unit
    /// @return id The deposit
    function deposit(address payee, bytes32 transferLeaf, uint256 deadline)
        external
        payable
        returns (uint256 id)
    {
        if (payee == address(0)) revert NoPayee();
        if (_hasPassed(deadline)) revert DeadlinePassed(deadline);
        uint256 latest = block.timestamp + BlockTime.span(LONGEST_LOCK);
        if (deadline > latest) revert DeadlineTooFar(deadline, latest);
        id = count;
        count = id + 1;
        deposits[id] = Deposit(msg.sender, payee, msg.value, transferLeaf, deadline);
        emit Deposited(id, transferLeaf);
    }

    /// @notice Pays the payee of a covered transfer; by anyone
    /// @param id The deposit
    /// @param evidence What is shown of the transfer
    function release(uint256 id, IProvenanceGate.Evidence calldata evidence) external {
        Deposit memory locked = _take(id);
        if (_hasPassed(locked.deadline)) revert DeadlinePassed(locked.deadline);
        bytes32 leaf = evidence.transfer.leafHash;
        if (leaf != locked.transferLeaf) revert OtherTransfer(leaf, locked.transferLeaf);
        GATE.requireCovered(policy(), evidence);
        emit Released(id);
        Address.sendValue(payable(locked.payee), locked.amount);
    }

    /// @notice Pays the payer back once the deadline has come; by anyone
    /// @param id The deposit
    function refund(uint256 id) external {
        Deposit memory locked = _take(id);
        if (!_hasPassed(locked.deadline)) revert DeadlineNotReached(locked.deadline);
        emit Refunded(id);
        Address.sendValue(payable(locked.payer), locked.amount);
    }

    /// @notice Returns what this escrow believes and wants
    /// @return What it hands to the gate
    function policy() public view returns (IProvenanceGate.Policy memory) {
        return IProvenanceGate.Policy({
            logs: _logs,
            jurisdictions: _jurisdictions,
            stage: IAttestorRegistry.Stage.PreAssessment,
            acceptCallersWord: false
        });
    }

    /// @dev Exactly one of release and refund is open at any time. A block's maker can shift that by
    /// seconds, which decides nothing about a deadline of days.
    function _hasPassed(uint256 deadline) private view returns (bool) {
        // forge-lint: disable-next-line(block-timestamp)
        return block.timestamp >= deadline;
    }

    /// @dev Gone before anything is paid, so nobody who is paid can come back for more.
    function _take(uint256 id) private returns (Deposit memory locked) {
        locked = deposits[id];
        if (locked.payer == address(0)) revert NoDeposit(id);
        delete deposits[id];
    }
}

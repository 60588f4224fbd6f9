// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title One record of evidence, a contract of its own
/// @dev What `scripts/gas-table` measures for ledgers in the style of FISCO BCOS's evidence samples: each
/// record is deployed, with its digest and number as text, and signed by calls. Our own and minimal:
/// those deployed have more to them and cost more.
contract Evidence {
    string public digest;
    string public number;
    address[] public signers;

    event Added(string digest, string number, address indexed signer);

    constructor(string memory digest_, string memory number_, address signer) {
        digest = digest_;
        number = number_;
        signers.push(signer);
        emit Added(digest_, number_, signer);
    }
}

/// @title Where records of evidence are made
contract EvidenceFactory {
    event Created(Evidence indexed evidence);

    function create(string calldata digest, string calldata number) external returns (Evidence) {
        Evidence evidence = new Evidence(digest, number, msg.sender);
        emit Created(evidence);
        return evidence;
    }
}

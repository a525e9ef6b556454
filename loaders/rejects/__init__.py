"""rejects"""
